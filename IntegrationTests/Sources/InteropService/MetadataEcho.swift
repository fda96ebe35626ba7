import GRPCCore

/// The metadata of a request that the test service sends back.
struct MetadataEcho: Sendable {
  /// What goes before the response.
  let initial: Metadata
  /// What goes after the response, or the error in its place.
  let trailing: Metadata

  init(_ metadata: Metadata) {
    self.initial = metadata.only("x-grpc-test-echo-initial")
    self.trailing = metadata.only("x-grpc-test-echo-trailing-bin")
  }

  /// Adds the trailing metadata to the error that a closure throws.
  func addingTrailing<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch var error as RPCError {
      error.metadata.add(contentsOf: self.trailing)
      throw error
    }
  }
}

extension Metadata {
  fileprivate func only(_ key: String) -> Metadata {
    Metadata(self[key].map { (key: key, value: $0) })
  }
}
