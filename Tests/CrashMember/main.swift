import Glibc

// The process that stands for a committee member in the crash tests: `CrashMember FOLDER STEPS [blind]`.
//
// It opens the member's safety record, signer's guard, pool log and blocks, checks what is in them, and goes on step by step; with 0 steps it
// only looks. Step h makes durable a record of height h, then the claim of the one message in it, then adds envelopes to the pool log, and now
// and then writes the log anew; then it stores block h. With "blind" the planted bug is in: when it opens the blocks it does not say which of
// them it knows to have been durable. On its standard output it says, one line in one write:
//
//     opened HEIGHT FIRST END LAST  the record's height, the numbers of the envelopes in the log, the last block
//     record HEIGHT               the record is durable
//     claim HEIGHT                the claim is durable
//     pool END                    the envelopes below END are durable
//     floor FIRST                 from now on the log may begin with this envelope
//     block NUMBER                the block is durable
//     error TEXT                  a call has failed; the member stops, and starts again in the same process
//     wrong TEXT                  what was read cannot have been written
//     done HEIGHT
//
// It ends with 0 when done, with 3 when it has given up.

alarm(1_200)
let arguments = CommandLine.arguments
guard (3...4).contains(arguments.count), let steps = UInt64(arguments[2]), arguments.count == 3 || arguments[3] == "blind" else {
    Report.line("usage: CrashMember FOLDER STEPS [blind]")
    exit(2)
}
exit(MemberWriter(folder: arguments[1], steps: steps, isBlind: arguments.count == 4).run() ? 0 : 3)
