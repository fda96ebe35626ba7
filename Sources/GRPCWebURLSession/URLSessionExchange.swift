internal import Foundation
internal import GRPCCore
internal import GRPCWeb
internal import HTTPTypes
internal import NIOCore
internal import Synchronization

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// The error of a request that couldn't be sent, since its reused connection proved to be closed.
struct RequestNotSent: Error {}

/// An HTTP exchange of a session: the session's delegate writes events to it, and the call reads
/// the response from it.
@available(GRPCWeb 1.0, *)
final class URLSessionExchange: Sendable {
  fileprivate struct State {
    var response: HTTPResponse?
    var chunks: [ByteBuffer] = []
    var byteCount = 0
    /// The end of the exchange, or `nil` while it runs.
    var end: Result<Void, any Error>?
    var isSuspended = false
    var reader: CheckedContinuation<Void, Never>?
  }

  private let task: URLSessionDataTask
  private let state = Mutex(State())

  init(task: URLSessionDataTask) {
    self.task = task
  }

  /// Ends the exchange, unless it has ended.
  func cancel() {
    self.end(with: CancellationError())
    self.state.withLock { _ in self.task.cancel() }
  }

  /// Ends the exchange because its connection was closed before the request could be sent.
  func sendAgain() {
    self.end(with: RequestNotSent())
    self.state.withLock { _ in self.task.cancel() }
  }

  // Events from the delegate

  /// Receives the head of the response.
  func receive(_ response: HTTPResponse) {
    self.update { $0.response = response }
  }

  /// Receives the head of a response at its end, unless the head was received before.
  func receiveLate(_ response: HTTPResponse) {
    self.update { $0.response = $0.response ?? response }
  }

  /// Receives bytes of the body, and stops receiving if too many are buffered.
  func receive(_ data: Data) {
    self.update { state in
      state.chunks.append(ByteBuffer(bytes: data))
      state.byteCount += data.count
      guard state.byteCount >= Self.maximumBufferedBytes && !state.isSuspended && state.end == nil
      else {
        return
      }
      self.stopReceiving(&state)
    }
  }

  /// Receives the end of the exchange.
  func end(with error: (any Error)?) {
    self.update { state in
      guard state.end == nil else { return }
      state.end = error.map { .failure($0) } ?? .success(())
    }
  }

  private func update<Result: Sendable>(_ change: (inout State) -> Result) -> Result {
    let (result, reader) = self.state.withLock { state in
      (change(&state), state.reader.take())
    }
    reader?.resume()
    return result
  }

  // Back-pressure. Called under the lock, so that the task is suspended and resumed in the order of
  // the decisions.

  #if canImport(FoundationNetworking)
  // On platforms that aren't Apple's, a suspended task closes its connection, and sends its request
  // again when it is resumed. So receiving can't be paused there, and the bytes buffered are
  // limited instead.
  private static let maximumBufferedBytes = 16 * 1024 * 1024

  private func stopReceiving(_ state: inout State) {
    let error = RPCError(
      code: .resourceExhausted,
      message: """
        More than \(Self.maximumBufferedBytes) bytes of the response weren't read in time, and \
        URLSession can't slow the server down on this platform.
        """
    )
    state.end = .failure(error)
    self.task.cancel()
  }

  private func goOnReceiving(_ state: inout State) {}
  #else
  private static let maximumBufferedBytes = 64 * 1024

  private func stopReceiving(_ state: inout State) {
    state.isSuspended = true
    self.task.suspend()
  }

  private func goOnReceiving(_ state: inout State) {
    guard state.isSuspended else { return }
    state.isSuspended = false
    self.task.resume()
  }
  #endif

  // Reading

  /// Waits for the head of the response.
  func response() async throws -> HTTPResponse {
    while true {
      let (response, end) = self.state.withLock { ($0.response, $0.end) }
      if let response = response {
        return response
      }
      try end?.get()
      guard end == nil else {
        throw GRPCWebHTTPFailure(.connectionLost, detail: "The server closed without a response.")
      }
      await self.state.suspend(in: \.reader) { $0.response == nil && $0.end == nil }
    }
  }

  /// Waits for the next bytes of the body.
  ///
  /// - Returns: The bytes, or `nil` at the end.
  func nextBytes() async throws -> ByteBuffer? {
    while true {
      let (bytes, end) = self.state.withLock { state in
        let bytes = state.takeBytes()
        self.goOnReceiving(&state)
        return (bytes, state.end)
      }
      if let bytes = bytes {
        return bytes
      }
      if let end = end {
        try end.get()
        return nil
      }
      await self.state.suspend(in: \.reader) { $0.chunks.isEmpty && $0.end == nil }
    }
  }
}

@available(GRPCWeb 1.0, *)
extension URLSessionExchange.State {
  mutating func takeBytes() -> ByteBuffer? {
    guard var bytes = self.chunks.first else { return nil }
    for chunk in self.chunks.dropFirst() {
      bytes.writeImmutableBuffer(chunk)
    }
    self.chunks = []
    self.byteCount = 0
    return bytes
  }
}
