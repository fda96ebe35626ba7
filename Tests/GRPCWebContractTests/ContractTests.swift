import Testing

/// Every adapter does what the contract asks.
///
/// Each has a file here, with its test: case by case, as each runs a server of its own.
@Suite("The adapter contract", .timeLimit(.minutes(3)))
struct ContractTests {}
