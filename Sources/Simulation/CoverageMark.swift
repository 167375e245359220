/// Rare branches that a campaign has to have been in; what never happens proves nothing.
package enum CoverageMark: UInt8, CaseIterable, Sendable {
    case decidedInFirstRound, decidedAfterRoundTwo, decidedByAnothersCertificate
    case roundSkipped, roundEnteredByCertificate, nilPrecommit, proposedAgain, prevotedAgain, refusedByLock, lockMoved, latePolka
    case invalidBlockRefused, untimelyBlockRefused, blockFetchedLater
    case crashInProposeStep, crashInPrevoteStep, crashInPrecommitStep, crashWhileDeciding
    case crashBetweenOutputs, crashInRecordWrite, crashInBlockWrite, crashAmongReceivers, crashInRecovery
    case resumedFromRecord, begunAfterRestart, tornSlotPassedOver, abstained, abstentionEnded, keyBurned
    case diskFull, syncFailed, oldSlotRotten, staleRead
    case messageCutOff, messageCutOffOneWay, partitionHealed, paused, clockJumped, behindSeen, wrongAnswer
    case doubleVoteProven, doubleProposalProven, lockViolationProven, twinNoticed
    case refusedMalformed, refusedStranger, refusedBadSignature, refusedTooFewSigners, refusedWrongProposer
    case committeeOfOne, committeeOfTen, productionBytesOnDisk
    case silentLiar, doubleProposerLiar, doubleVoterLiar, withholderLiar, replayerLiar, refuserLiar, hoarderLiar, amnesiacLiar, forgerLiar
    case hunterLiar, flattererLiar, twinsLiar, flooderLiar
    case memberEvicted, memberReplaced, standbySigned, bytesRefused

    /// The mark of a world with such a liar.
    static func liar(_ strategy: Strategy) -> CoverageMark {
        switch strategy {
        case .silent: .silentLiar
        case .doubleProposer: .doubleProposerLiar
        case .doubleVoter: .doubleVoterLiar
        case .withholder: .withholderLiar
        case .replayer: .replayerLiar
        case .refuser: .refuserLiar
        case .hoarder: .hoarderLiar
        case .amnesiac: .amnesiacLiar
        case .forger: .forgerLiar
        case .hunter: .hunterLiar
        case .flatterer: .flattererLiar
        case .twins: .twinsLiar
        case .flooder: .flooderLiar
        }
    }
}

/// A set of marks that costs nothing to add to.
package struct CoverageMarks: Hashable, Sendable {
    private var bits: UInt128 = 0

    package init() {}

    package mutating func hit(_ mark: CoverageMark) { self.bits |= Self.bit(mark) }

    package mutating func hit(_ mark: CoverageMark, when isSo: Bool) { if isSo { self.hit(mark) } }

    package mutating func formUnion(_ other: CoverageMarks) { self.bits |= other.bits }

    package func contains(_ mark: CoverageMark) -> Bool { self.bits & Self.bit(mark) != 0 }

    package var missing: [CoverageMark] { CoverageMark.allCases.filter { !self.contains($0) } }

    private static func bit(_ mark: CoverageMark) -> UInt128 { 1 << UInt128(mark.rawValue) }
}
