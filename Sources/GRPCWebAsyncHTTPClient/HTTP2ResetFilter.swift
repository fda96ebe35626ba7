#if AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP2

/// Guards an HTTP/2 connection that AsyncHTTPClient has opened.
///
/// - Resets that follow the end of a response are dropped. A server that ends its response first
///   may reset the stream with `NO_ERROR`, as Go's does, since it needs no more of the request (RFC
///   9113, section 8.1). SwiftNIO treats 200 resets in half a minute as an attack. A dropped reset
///   is no loss: ``HTTP2EarlyEndHandler`` ends such a request by itself.
/// - A connection error closes the connection. AsyncHTTPClient leaves it open otherwise, and all
///   its calls wait for ever.
final class HTTP2ResetFilter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private var scanner = HTTP2ResetScanner()

  /// Adds a filter to a connection, and a handler that closes the connection at a connection error.
  static func add(to channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      let http2 = try pipeline.handler(type: NIOHTTP2Handler.self)
      try pipeline.addHandler(HTTP2ResetFilter(), position: .before(http2))
      try pipeline.addHandler(ConnectionErrorHandler(), position: .last)
    }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = self.scanner.filter(self.unwrapInboundIn(data))
    if bytes.readableBytes > 0 {
      context.fireChannelRead(self.wrapInboundOut(bytes))
    }
  }
}

/// Closes a connection at an error after which SwiftNIO reads no further.
private final class ConnectionErrorHandler: ChannelInboundHandler {
  typealias InboundIn = Any

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Errors of single streams arrive here, too, without a mark that says so. So the connection
    // errors are listed.
    switch error {
    case is NIOHTTP2Errors.ExcessiveRSTFrames, is NIOHTTP2Errors.ExcessiveControlFrames,
      is NIOHTTP2Errors.ExcessiveContinuationFrames, is NIOHTTP2Errors.ExcessiveStreamErrors,
      is NIOHTTP2Errors.ExcessiveEmptyDataFrames, is NIOHTTP2Errors.ExcessiveNumberOfGlitches,
      is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock, is NIOHTTP2Errors.UnableToParseFrame:
      context.close(promise: nil)
    default:
      break
    }
    context.fireErrorCaught(error)
  }
}

/// Drops the resets of streams that the server has ended, in whatever chunks the bytes arrive.
///
/// AsyncHTTPClient hands a connection out when the settings of the server have arrived. If the
/// bytes read with them ended inside a frame, the scanner starts there and misreads the rest of the
/// frame as a header. At the first header that can't be one, the scanner gives up and passes all
/// bytes on.
struct HTTP2ResetScanner {
  private enum State {
    /// The next byte is the first of a frame's header.
    case atHeader
    /// The next bytes, of the given number, are the rest of a frame, to be passed on.
    case inPayload(Int)
    /// The position of frames is unknown, so all bytes are passed on.
    case lost
  }

  private var state = State.atHeader
  /// The beginning of a frame of which too little was received to decide whether it is passed on:
  /// at most 12 bytes.
  private var held = ByteBuffer()
  /// The streams that the server ended most recently: a reset, if any, follows the end at once.
  private var ended: CircularBuffer<UInt32> = []

  private static let headerSize = 9
  private static let resetSize = 13
  private static let maximumEnded = 256
  /// The largest frame that a server may send, in bytes, where the client's settings don't raise
  /// the limit.
  private static let maximumLength = 16 * 1024

  /// Returns the bytes to be passed on of the next bytes of a connection.
  mutating func filter(_ bytes: ByteBuffer) -> ByteBuffer {
    var input = bytes
    if self.held.readableBytes > 0 {
      input = self.held
      input.writeImmutableBuffer(bytes)
      self.held = ByteBuffer()
    }

    // The bytes passed on are a slice of the input, without a copy, unless a reset in the middle is
    // dropped.
    let all = input
    var passed: ByteBuffer?
    var start = input.readerIndex
    while input.readableBytes > 0 {
      switch self.state {
      case .lost:
        input.moveReaderIndex(to: input.writerIndex)

      case .inPayload(let length):
        let count = min(length, input.readableBytes)
        input.moveReaderIndex(forwardBy: count)
        self.state = count == length ? .atHeader : .inPayload(length - count)

      case .atHeader:
        guard let frame = Frame(input) else {
          self.held = input.slice()
          input.moveWriterIndex(to: input.readerIndex)
          break
        }
        guard frame.length <= Self.maximumLength else {
          self.state = .lost
          break
        }
        if frame.isReset {
          guard
            let code = input.getInteger(at: input.readerIndex + Self.headerSize, as: UInt32.self)
          else {
            self.held = input.slice()
            input.moveWriterIndex(to: input.readerIndex)
            break
          }
          if code == 0, let index = self.ended.firstIndex(of: frame.streamID) {
            self.ended.remove(at: index)
            passed = Self.joined(passed, all, start ..< input.readerIndex)
            input.moveReaderIndex(forwardBy: Self.resetSize)
            start = input.readerIndex
            break
          }
        } else if frame.endsStream {
          self.noteEnd(of: frame.streamID)
        }
        input.moveReaderIndex(forwardBy: Self.headerSize)
        self.state = frame.length == 0 ? .atHeader : .inPayload(frame.length)
      }
    }
    return Self.joined(passed, all, start ..< input.readerIndex)
  }

  /// The number of streams remembered.
  var rememberedStreams: Int {
    self.ended.count
  }

  private mutating func noteEnd(of streamID: UInt32) {
    if self.ended.count == Self.maximumEnded {
      self.ended.removeFirst()
    }
    self.ended.append(streamID)
  }

  /// The bytes passed on so far, followed by a range of the input.
  private static func joined(
    _ passed: ByteBuffer?,
    _ all: ByteBuffer,
    _ range: Range<Int>
  ) -> ByteBuffer {
    let rest = all.getSlice(at: range.lowerBound, length: range.count) ?? ByteBuffer()
    guard var passed = passed else { return rest }
    passed.writeImmutableBuffer(rest)
    return passed
  }

  /// The header of a frame (RFC 9113, section 4.1).
  private struct Frame {
    let length: Int
    let type: UInt8
    let flags: UInt8
    let streamID: UInt32

    init?(_ bytes: ByteBuffer) {
      let start = bytes.readerIndex
      guard
        let lengthAndType = bytes.getInteger(at: start, as: UInt32.self),
        let flags = bytes.getInteger(at: start + 4, as: UInt8.self),
        let streamID = bytes.getInteger(at: start + 5, as: UInt32.self)
      else {
        return nil
      }
      self.length = Int(lengthAndType >> 8)
      self.type = UInt8(truncatingIfNeeded: lengthAndType)
      self.flags = flags
      self.streamID = streamID & 0x7fff_ffff
    }

    var isReset: Bool {
      self.type == 3 && self.length == 4
    }

    /// Whether the frame ends its stream: `DATA` or `HEADERS` with `END_STREAM`.
    var endsStream: Bool {
      self.type <= 1 && self.flags & 1 != 0
    }
  }
}
#endif
