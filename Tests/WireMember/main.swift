import Glibc

// The process that stands for one member of a committee: `WireMember FOLDER NUMBER SECONDS [forgetful]`.
//
// FOLDER holds what all members know and each its keys, as `MemberFolder` says. The member listens on the port that block 0 names for it: for
// other members and for clients. It ends after SECONDS at the latest, by SIGALRM, or when it is killed; it writes one line, "ready", when it
// listens. With "forgetful" the planted bug is in: it throws its pool log away before it starts, and so its promises.

let arguments = CommandLine.arguments
guard (4...5).contains(arguments.count), let number = UInt32(arguments[2]), let seconds = UInt32(arguments[3]),
    arguments.count == 4 || arguments[4] == "forgetful"
else {
    print("usage: WireMember FOLDER NUMBER SECONDS [forgetful]")
    exit(2)
}
alarm(seconds)
do {
    try await WireMember(folder: arguments[1], number: number, isForgetful: arguments.count == 5).run()
} catch {
    print("failed: \(error)")
    exit(3)
}
