import Testing

@testable import GRPCWeb

@available(GRPCWeb 1.0, *)
extension ResponseEncoder {
  /// Removes and returns the output, which must not be empty.
  mutating func requireOutput(
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ServerResponseOutput {
    let output = self.takeOutput()
    return try #require(output, sourceLocation: sourceLocation)
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCallStateMachine {
  /// Removes and returns the output, which must not be empty.
  mutating func requireOutput(
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ServerResponseOutput {
    let output = self.takeOutput()
    return try #require(output, sourceLocation: sourceLocation)
  }
}
