import GRPCCore

/// How a request's messages are encoded, as far as a service can know.
///
/// gRPC Swift's services don't learn it, so the adapter of a server has to pass it on, in metadata.
public struct RequestEncoding: Sendable {
  /// The key of the metadata in which an adapter passes on the request's `grpc-encoding`; empty for a
  /// request without.
  public static let key = "interop-request-encoding"

  private let encoding: String?

  init(_ metadata: Metadata) {
    self.encoding = metadata[stringValues: Self.key].first { _ in true }
  }

  /// Refuses a request that isn't compressed where it should be.
  ///
  /// - Throws: `invalidArgument` when it isn't; `failedPrecondition` when nobody can tell.
  func check(isCompressed: Bool) throws {
    guard let encoding = self.encoding else {
      throw RPCError(
        code: .failedPrecondition,
        message: "This server can't tell whether a request is compressed."
      )
    }
    // A request that needn't be compressed may be.
    guard isCompressed, encoding.isEmpty || encoding == "identity" else { return }
    throw RPCError(code: .invalidArgument, message: "The request isn't compressed.")
  }
}
