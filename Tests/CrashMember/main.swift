import Glibc

// The process that stands for a committee member in the crash tests: `CrashMember FOLDER STEPS`.
//
// It opens the member's safety record, signer's guard and pool log, checks what is in them, and goes on step by step; with 0 steps it only
// looks. Step h makes durable a record of height h, then the claim of the one message in it, then adds envelopes to the pool log, and now
// and then writes the log anew. On its standard output it says, one line in one write:
//
//     opened HEIGHT FIRST END     the record's height, and the numbers of the envelopes in the log
//     record HEIGHT               the record is durable
//     claim HEIGHT                the claim is durable
//     pool END                    the envelopes below END are durable
//     floor FIRST                 from now on the log may begin with this envelope
//     error TEXT                  a call has failed; the member stops, and starts again in the same process
//     wrong TEXT                  what was read cannot have been written
//     done HEIGHT
//
// It ends with 0 when done, with 3 when it has given up.

alarm(120)
let arguments = CommandLine.arguments
guard arguments.count == 3, let steps = UInt64(arguments[2]) else {
    Report.line("usage: CrashMember FOLDER STEPS")
    exit(2)
}
exit(MemberWriter(folder: arguments[1], steps: steps).run() ? 0 : 3)
