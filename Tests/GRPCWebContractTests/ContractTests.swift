import Testing

/// Runs the adapter contract against every adapter of this package.
///
/// Each adapter has a file with its test. Cases run one after the other, since each runs a server
/// of its own.
@Suite("The adapter contract", .timeLimit(.minutes(3)))
struct ContractTests {}
