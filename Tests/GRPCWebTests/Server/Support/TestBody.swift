import GRPCWebTestSupport
import NIOCore
import SwiftProtobuf

/// The body of a request: chunks, followed by the end, an error, or nothing for ever.
///
/// The body counts how often the next chunk is requested.
@available(GRPCWeb 1.0, *)
struct TestBody: AsyncSequence, Sendable {
  enum Ending: Sendable {
    case end
    case error(any Error)
    case never
  }

  let chunks: [ByteBuffer]
  let ending: Ending
  let pulls = Recorder<Void>()

  init(_ chunks: [[UInt8]], ending: Ending = .end) {
    self.chunks = chunks.map { ByteBuffer(bytes: $0) }
    self.ending = ending
  }

  /// A body of one message.
  init(text: String, ending: Ending = .end) throws {
    self.init([try TestFrame(EchoMessage.with { $0.text = text }).bytes], ending: ending)
  }

  func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(chunks: self.chunks.makeIterator(), ending: self.ending, pulls: self.pulls)
  }

  struct AsyncIterator: AsyncIteratorProtocol {
    var chunks: [ByteBuffer].Iterator
    let ending: Ending
    let pulls: Recorder<Void>

    mutating func next() async throws -> ByteBuffer? {
      self.pulls.append(())
      if let chunk = self.chunks.next() {
        return chunk
      }
      switch self.ending {
      case .end:
        return nil
      case .error(let error):
        throw error
      case .never:
        try await suspendUntilCancelled()
        return nil
      }
    }
  }
}
