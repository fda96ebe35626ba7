import GRPCCore
import InteropService

extension Cases {
  func clientCompressedUnary() async throws -> Outcome {
    var compressed = self.options
    compressed.compression = .gzip
    var uncompressed = self.options
    uncompressed.compression = CompressionAlgorithm.none

    let expectingCompression = Grpc_Testing_SimpleRequest.large { $0.expectCompressed = .true }
    try await self.expectError(.invalidArgument) {
      _ = try await self.unaryCall(expectingCompression, options: uncompressed)
    }
    try await self.unaryCall(expectingCompression, options: compressed).expectLarge()
    try await self.unaryCall(.large { $0.expectCompressed = .false }, options: uncompressed)
      .expectLarge()
    return .passed
  }

  func serverCompressedUnary() async throws -> Outcome {
    guard let observer = self.observer else { return self.unobserved }

    try await self.unaryCall(.large { $0.responseCompressed = .true }).expectLarge()
    try expect("the compressed messages", try observer.compressedMessages(), is: [true])
    try await self.unaryCall(.large { $0.responseCompressed = .false }).expectLarge()
    try expect("the compressed messages", try observer.compressedMessages(), is: [false])
    return .passed
  }

  func serverCompressedStreaming() async throws -> Outcome {
    guard let observer = self.observer else { return self.unobserved }

    var request = Grpc_Testing_StreamingOutputCallRequest.sizes(31_415, 92_653)
    request.responseParameters[0].compressed = .true
    request.responseParameters[1].compressed = .false
    try await self.streamingOutputCall(request).expectSizes(31_415, 92_653)
    try expect("the compressed messages", try observer.compressedMessages(), is: [true, false])
    return .passed
  }

  private var unobserved: Outcome {
    .skipped("the client doesn't show which messages come compressed")
  }
}

extension Grpc_Testing_BoolValue {
  static let `true` = Self.with { $0.value = true }
  static let `false` = Self.with { $0.value = false }
}
