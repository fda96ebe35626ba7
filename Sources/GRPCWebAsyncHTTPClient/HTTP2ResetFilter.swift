#if AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP2

/// Guards a connection of HTTP/2 that AsyncHTTPClient has opened.
///
/// - A server that ends its response first may then reset the stream with `NO_ERROR`, as Go's does: it
///   wants no more of the request (RFC 9113, section 8.1). SwiftNIO takes 200 resets in half a minute for
///   an attack. So those that follow the end of a response are left out: they say nothing new, as
///   ``HTTP2EarlyEndHandler`` ends such a request by itself.
/// - An error of the connection itself closes it. AsyncHTTPClient leaves it open otherwise, and all its
///   calls wait for ever.
final class HTTP2ResetFilter: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private var scanner = HTTP2ResetScanner()

  /// Adds a filter to a connection.
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

/// Closes a connection at an error that SwiftNIO reads no further after.
private final class ConnectionErrorHandler: ChannelInboundHandler {
  typealias InboundIn = Any

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Those of single streams come here, too, and don't tell that they are.
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

/// Leaves out the resets of streams that the server has ended, in whatever chunks the bytes come.
///
/// AsyncHTTPClient hands a connection out when the server's settings have come. Should what followed them
/// have ended inside a frame, then what is taken for frames here is none: at the first that can't be one
/// everything is passed on from there.
struct HTTP2ResetScanner {
  private enum State {
    /// The next byte is the first of a frame's header.
    case atHeader
    /// So many bytes of a frame are still to come, which are passed on.
    case inPayload(Int)
    /// The bytes aren't what they are taken for.
    case lost
  }

  private var state = State.atHeader
  /// The beginning of a frame that isn't known yet to be passed on: at most 12 bytes.
  private var held = ByteBuffer()
  /// The streams that have ended lately, to be reset at once if at all.
  private var ended: CircularBuffer<UInt32> = []

  private static let headerSize = 9
  private static let resetSize = 13
  private static let maximumEnded = 256
  /// What a server may send where the client's settings don't say.
  private static let maximumLength = 16 * 1024

  /// Takes bytes of a connection, and returns those to be passed on.
  mutating func filter(_ bytes: ByteBuffer) -> ByteBuffer {
    var input = bytes
    if self.held.readableBytes > 0 {
      input = self.held
      input.writeImmutableBuffer(bytes)
      self.held = ByteBuffer()
    }

    // What is passed on is a part of all bytes, until something in them isn't.
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

  /// How many streams are remembered.
  var rememberedStreams: Int {
    self.ended.count
  }

  private mutating func noteEnd(of streamID: UInt32) {
    if self.ended.count == Self.maximumEnded {
      self.ended.removeFirst()
    }
    self.ended.append(streamID)
  }

  /// Bytes passed on so far, and some more of all bytes.
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

    /// Whether it is the last frame of `DATA` or `HEADERS`.
    var endsStream: Bool {
      self.type <= 1 && self.flags & 1 != 0
    }
  }
}
#endif
