// One function for each number of parameters: parameter packs do not compile to WebAssembly in Embedded Swift.
extension Transaction {
    /// Declares a transaction of no parameters that writes and returns a result.
    public static func submit<Result: ContractResult>(
        _ name: String,
        body: @escaping @Sendable (Context) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [], returns: Result.resultType) { (context, _) throws(ContractError) in
            try body(context).resultPayload
        }
    }

    /// Declares a transaction of one parameter that writes and returns a result.
    public static func submit<A: ContractArgument, Result: ContractResult>(
        _ name: String, _ a: Parameter<A>,
        body: @escaping @Sendable (Context, A) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described], returns: Result.resultType) { (context, arguments) throws(ContractError) in
            try body(context, try a.value(arguments, 0, name)).resultPayload
        }
    }

    /// Declares a transaction of two parameters that writes and returns a result.
    public static func submit<A: ContractArgument, B: ContractArgument, Result: ContractResult>(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>,
        body: @escaping @Sendable (Context, A, B) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described, b.described], returns: Result.resultType) {
            (context, arguments) throws(ContractError) in
            try body(context, try a.value(arguments, 0, name), try b.value(arguments, 1, name)).resultPayload
        }
    }

    /// Declares a transaction of three parameters that writes and returns a result.
    public static func submit<A: ContractArgument, B: ContractArgument, C: ContractArgument, Result: ContractResult>(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>,
        body: @escaping @Sendable (Context, A, B, C) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described, b.described, c.described], returns: Result.resultType) {
            (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name)
            ).resultPayload
        }
    }

    /// Declares a transaction of four parameters that writes and returns a result.
    public static func submit<A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, Result: ContractResult>(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>,
        body: @escaping @Sendable (Context, A, B, C, D) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described, b.described, c.described, d.described], returns: Result.resultType) {
            (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name)
            ).resultPayload
        }
    }

    /// Declares a transaction of five parameters that writes and returns a result.
    public static func submit<
        A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, E: ContractArgument, Result: ContractResult
    >(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>, _ e: Parameter<E>,
        body: @escaping @Sendable (Context, A, B, C, D, E) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(
            name: name, kind: .submit, parameters: [a.described, b.described, c.described, d.described, e.described], returns: Result.resultType
        ) { (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name),
                try e.value(arguments, 4, name)
            ).resultPayload
        }
    }

    /// Declares a transaction of six parameters that writes and returns a result.
    public static func submit<
        A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, E: ContractArgument, F: ContractArgument,
        Result: ContractResult
    >(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>, _ e: Parameter<E>, _ f: Parameter<F>,
        body: @escaping @Sendable (Context, A, B, C, D, E, F) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(
            name: name, kind: .submit, parameters: [a.described, b.described, c.described, d.described, e.described, f.described],
            returns: Result.resultType
        ) { (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name),
                try e.value(arguments, 4, name),
                try f.value(arguments, 5, name)
            ).resultPayload
        }
    }

    /// Declares a transaction of seven parameters that writes and returns a result.
    public static func submit<
        A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, E: ContractArgument, F: ContractArgument,
        G: ContractArgument, Result: ContractResult
    >(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>, _ e: Parameter<E>, _ f: Parameter<F>,
        _ g: Parameter<G>,
        body: @escaping @Sendable (Context, A, B, C, D, E, F, G) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(
            name: name, kind: .submit, parameters: [a.described, b.described, c.described, d.described, e.described, f.described, g.described],
            returns: Result.resultType
        ) { (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name),
                try e.value(arguments, 4, name),
                try f.value(arguments, 5, name),
                try g.value(arguments, 6, name)
            ).resultPayload
        }
    }

    /// Declares a transaction of eight parameters that writes and returns a result.
    public static func submit<
        A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, E: ContractArgument, F: ContractArgument,
        G: ContractArgument, H: ContractArgument, Result: ContractResult
    >(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>, _ e: Parameter<E>, _ f: Parameter<F>,
        _ g: Parameter<G>, _ h: Parameter<H>,
        body: @escaping @Sendable (Context, A, B, C, D, E, F, G, H) throws(ContractError) -> Result
    ) -> Transaction {
        Transaction(
            name: name, kind: .submit,
            parameters: [a.described, b.described, c.described, d.described, e.described, f.described, g.described, h.described],
            returns: Result.resultType
        ) { (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name),
                try e.value(arguments, 4, name),
                try f.value(arguments, 5, name),
                try g.value(arguments, 6, name),
                try h.value(arguments, 7, name)
            ).resultPayload
        }
    }
}
