// As in Transaction+Submit.swift, for functions that return nothing.
extension Transaction {
    /// Declares a transaction of no parameters that writes and returns nothing.
    public static func submit(
        _ name: String,
        body: @escaping @Sendable (Context) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [], returns: nil) { (context, _) throws(ContractError) in
            try body(context)
            return []
        }
    }

    /// Declares a transaction of one parameter that writes and returns nothing.
    public static func submit<A: ContractArgument>(
        _ name: String, _ a: Parameter<A>,
        body: @escaping @Sendable (Context, A) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described], returns: nil) { (context, arguments) throws(ContractError) in
            try body(context, try a.value(arguments, 0, name))
            return []
        }
    }

    /// Declares a transaction of two parameters that writes and returns nothing.
    public static func submit<A: ContractArgument, B: ContractArgument>(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>,
        body: @escaping @Sendable (Context, A, B) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described, b.described], returns: nil) { (context, arguments) throws(ContractError) in
            try body(context, try a.value(arguments, 0, name), try b.value(arguments, 1, name))
            return []
        }
    }

    /// Declares a transaction of three parameters that writes and returns nothing.
    public static func submit<A: ContractArgument, B: ContractArgument, C: ContractArgument>(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>,
        body: @escaping @Sendable (Context, A, B, C) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described, b.described, c.described], returns: nil) {
            (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name))
            return []
        }
    }

    /// Declares a transaction of four parameters that writes and returns nothing.
    public static func submit<A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument>(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>,
        body: @escaping @Sendable (Context, A, B, C, D) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described, b.described, c.described, d.described], returns: nil) {
            (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name))
            return []
        }
    }

    /// Declares a transaction of five parameters that writes and returns nothing.
    public static func submit<A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, E: ContractArgument>(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>, _ e: Parameter<E>,
        body: @escaping @Sendable (Context, A, B, C, D, E) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(name: name, kind: .submit, parameters: [a.described, b.described, c.described, d.described, e.described], returns: nil) {
            (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name),
                try e.value(arguments, 4, name))
            return []
        }
    }

    /// Declares a transaction of six parameters that writes and returns nothing.
    public static func submit<
        A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, E: ContractArgument, F: ContractArgument
    >(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>, _ e: Parameter<E>, _ f: Parameter<F>,
        body: @escaping @Sendable (Context, A, B, C, D, E, F) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(
            name: name, kind: .submit, parameters: [a.described, b.described, c.described, d.described, e.described, f.described], returns: nil
        ) { (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name),
                try e.value(arguments, 4, name),
                try f.value(arguments, 5, name))
            return []
        }
    }

    /// Declares a transaction of seven parameters that writes and returns nothing.
    public static func submit<
        A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, E: ContractArgument, F: ContractArgument,
        G: ContractArgument
    >(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>, _ e: Parameter<E>, _ f: Parameter<F>,
        _ g: Parameter<G>,
        body: @escaping @Sendable (Context, A, B, C, D, E, F, G) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(
            name: name, kind: .submit, parameters: [a.described, b.described, c.described, d.described, e.described, f.described, g.described],
            returns: nil
        ) { (context, arguments) throws(ContractError) in
            try body(
                context,
                try a.value(arguments, 0, name),
                try b.value(arguments, 1, name),
                try c.value(arguments, 2, name),
                try d.value(arguments, 3, name),
                try e.value(arguments, 4, name),
                try f.value(arguments, 5, name),
                try g.value(arguments, 6, name))
            return []
        }
    }

    /// Declares a transaction of eight parameters that writes and returns nothing.
    public static func submit<
        A: ContractArgument, B: ContractArgument, C: ContractArgument, D: ContractArgument, E: ContractArgument, F: ContractArgument,
        G: ContractArgument, H: ContractArgument
    >(
        _ name: String, _ a: Parameter<A>, _ b: Parameter<B>, _ c: Parameter<C>, _ d: Parameter<D>, _ e: Parameter<E>, _ f: Parameter<F>,
        _ g: Parameter<G>, _ h: Parameter<H>,
        body: @escaping @Sendable (Context, A, B, C, D, E, F, G, H) throws(ContractError) -> Void
    ) -> Transaction {
        Transaction(
            name: name, kind: .submit,
            parameters: [a.described, b.described, c.described, d.described, e.described, f.described, g.described, h.described], returns: nil
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
                try h.value(arguments, 7, name))
            return []
        }
    }
}
