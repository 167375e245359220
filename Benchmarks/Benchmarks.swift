/// Entry point of the benchmarks.
@main
struct Benchmarks {
    static func main() {}
}
