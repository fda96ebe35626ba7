#if NIO
internal import NIOCore

/// Sets SwiftNIO's limits of an HTTP/2 connection higher than the limits that the client is sent, from the client's
/// first frame on.
///
/// A stream too many is an error of that stream (RFC 9113, section 5.1.2); SwiftNIO ends the connection instead. And
/// until the client has acknowledged the server's settings, SwiftNIO allows 100 streams and heads of 16 KiB, whatever
/// the settings say. So this handler, between the socket and SwiftNIO's own,
/// - changes the number of streams in the settings that are sent;
/// - acknowledges the settings in the client's place, behind the client's first frame, and drops the client's own
///   acknowledgement.
///
/// Then the handler leaves the pipeline.
@available(GRPCWeb 1.0, *)
final class HTTP2SettingsHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = IOData
  typealias OutboundOut = IOData

  private let maximumConcurrentStreams: UInt32
  private var frames = HTTP2SettingsFilter()
  private var areSettingsSent = false

  /// Creates a handler for one connection.
  ///
  /// - Parameter maximumConcurrentStreams: The number of streams in the settings that the client is sent.
  init(maximumConcurrentStreams: UInt32) {
    self.maximumConcurrentStreams = maximumConcurrentStreams
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = self.frames.filter(self.unwrapInboundIn(data))
    if bytes.readableBytes > 0 {
      context.fireChannelRead(self.wrapInboundOut(bytes))
    }
    if self.frames.isDone {
      context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !self.areSettingsSent, case .byteBuffer(var bytes) = self.unwrapOutboundIn(data) else {
      context.write(data, promise: promise)
      return
    }
    self.areSettingsSent = true
    HTTP2SettingsFilter.setMaximumConcurrentStreams(self.maximumConcurrentStreams, in: &bytes)
    context.write(self.wrapOutboundOut(.byteBuffer(bytes)), promise: promise)
  }
}

/// Follows the frames of a client until it has acknowledged the server's settings, without I/O.
///
/// See RFC 9113, sections 4.1 and 6.5.
struct HTTP2SettingsFilter {
  private enum State {
    /// The client's preface hasn't come whole.
    case preface
    /// The client's settings, its first frame, haven't come whole.
    case settings
    /// The server's settings have been acknowledged in the client's place; the client's own acknowledgement hasn't
    /// come.
    case acknowledged
    /// The acknowledgement has come, or what comes isn't HTTP/2: everything goes on as it comes.
    case done
  }

  private static let prefaceLength = 24
  private static let frameHeadLength = 9
  private static let settingsType: UInt8 = 4
  private static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]
  /// The largest frame that a client may send, in bytes.
  private static let maximumFrameLength = 16 * 1024

  private var state = State.preface
  private var received = ByteBuffer()

  /// Whether everything else goes on as it comes.
  var isDone: Bool {
    if case .done = self.state { return true }
    return false
  }

  /// Receives bytes of the client.
  ///
  /// - Returns: The bytes that are to go on; a frame goes on when it has come whole.
  mutating func filter(_ bytes: ByteBuffer) -> ByteBuffer {
    if self.isDone {
      return bytes
    }
    self.received.writeImmutableBuffer(bytes)
    var passed = ByteBuffer()
    if case .preface = self.state {
      guard var preface = self.received.readSlice(length: Self.prefaceLength) else { return passed }
      passed.writeBuffer(&preface)
      self.state = .settings
    }
    while !self.isDone, var frame = self.nextFrame() {
      switch self.state {
      case .acknowledged where Array(frame.readableBytesView) == Self.acknowledgement:
        self.state = .done
      case .settings:
        passed.writeBuffer(&frame)
        passed.writeBytes(Self.acknowledgement)
        self.state = .acknowledged
      case .preface, .acknowledged, .done:
        passed.writeBuffer(&frame)
      }
    }
    if self.isDone {
      passed.writeBuffer(&self.received)
    }
    return passed
  }

  /// Removes and returns the next frame, if it has come whole.
  ///
  /// Bytes that can't be a frame, or a first frame that isn't one of settings, end the filter's work: SwiftNIO refuses
  /// them.
  private mutating func nextFrame() -> ByteBuffer? {
    let start = self.received.readerIndex
    guard
      let (high, low, type) = self.received.getMultipleIntegers(
        at: start,
        as: (UInt8, UInt16, UInt8).self
      )
    else {
      return nil
    }
    let length = Int(high) << 16 + Int(low)
    let isSettings = type == Self.settingsType
    if case .settings = self.state, !isSettings {
      self.state = .done
    }
    if length > Self.maximumFrameLength {
      self.state = .done
    }
    return self.isDone ? nil : self.received.readSlice(length: Self.frameHeadLength + length)
  }

  /// Changes the number of streams in a frame of settings that goes out.
  static func setMaximumConcurrentStreams(_ maximum: UInt32, in frame: inout ByteBuffer) {
    let start = frame.readerIndex
    guard
      let (high, low, type) = frame.getMultipleIntegers(
        at: start,
        as: (UInt8, UInt16, UInt8).self
      ), type == Self.settingsType
    else {
      return
    }
    let length = Int(high) << 16 + Int(low)
    let parameters = start + Self.frameHeadLength
    for index in stride(from: parameters, to: parameters + length, by: 6) {
      // SETTINGS_MAX_CONCURRENT_STREAMS.
      if frame.getInteger(at: index, as: UInt16.self) == 3, index + 6 <= frame.writerIndex {
        frame.setInteger(maximum, at: index + 2)
      }
    }
  }
}
#endif
