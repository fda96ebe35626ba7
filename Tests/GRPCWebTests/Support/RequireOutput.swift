import Testing

@testable import GRPCWeb

@available(GRPCWeb 1.0, *)
extension ResponseEncoder {
  /// Takes what there is to send, of which there must be something.
  mutating func requireOutput(
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ServerResponseOutput {
    let output = self.takeOutput()
    return try #require(output, sourceLocation: sourceLocation)
  }
}

@available(GRPCWeb 1.0, *)
extension ServerCallStateMachine {
  /// Takes what there is to send, of which there must be something.
  mutating func requireOutput(
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> ServerResponseOutput {
    let output = self.takeOutput()
    return try #require(output, sourceLocation: sourceLocation)
  }
}
