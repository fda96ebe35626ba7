#if NIO
internal import NIOCore
internal import NIOHTTP2

/// How SwiftNIO is to treat HTTP/2 connections.
@available(GRPCWeb 1.0, *)
extension GRPCWebNIOServerTransport.Config {
  /// SwiftNIO's configuration of an HTTP/2 connection.
  var http2ConnectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration {
    var configuration = NIOHTTP2Handler.ConnectionConfiguration()
    // SwiftNIO ends the connection at a larger head; one up to this is refused on its stream.
    let headerListSize = 4 * self.connections.maximumHeadSize
    configuration.initialSettings = [
      // HTTP2AdmissionHandler refuses streams one by one, and HTTP2SettingsHandler sends the client their number.
      HTTP2Setting(parameter: .maxConcurrentStreams, value: Int(Int32.max)),
      HTTP2Setting(parameter: .maxHeaderListSize, value: headerListSize),
      HTTP2Setting(parameter: .initialWindowSize, value: self.http2.windowSize),
    ]
    configuration.maximumSequentialContinuationFrames = max(5, headerListSize / Self.frameSize)
    // SwiftNIO counts glitches, its name for small faults, over the whole life of a connection, which may be months.
    // The limits of the rate of errors remain.
    configuration.maximumConnectionGlitches = .max
    configuration.controlFrameRateLimit.maximumCount = Self.maximumControlFrames
    configuration.controlFrameRateLimit.windowLength = Self.controlFrameWindow
    return configuration
  }

  /// SwiftNIO's configuration of the streams of an HTTP/2 connection.
  var http2StreamConfiguration: NIOHTTP2Handler.StreamConfiguration {
    var configuration = NIOHTTP2Handler.StreamConfiguration()
    configuration.targetWindowSize = self.http2.windowSize
    configuration.streamErrorRateLimit.maximumCount = Self.maximumStreamErrors
    configuration.streamResetFrameRateLimit.maximumCount = Self.maximumStreamErrors
    return configuration
  }

  /// The size of a frame that clients may send, HTTP/2's default, in bytes.
  private static let frameSize = 16 * 1024

  /// How many errors and resets of streams a connection is allowed in 30 seconds.
  ///
  /// A client may open many streams before it learns how many are allowed, and the rest are refused. A proxy cancels
  /// the calls of all its clients on one connection. Each error costs little. SwiftNIO reserves eight bytes for each
  /// error that is allowed, for every connection.
  private static let maximumStreamErrors = 2_000

  /// How many control frames a connection may send in ``controlFrameWindow``.
  ///
  /// gRPC's clients measure the bandwidth by a PING each round trip in which they receive something; on one machine a
  /// round trip may take 50 microseconds. SwiftNIO reserves eight bytes for each frame that is allowed, for every
  /// connection; so the time is short, for the number to be small.
  private static let maximumControlFrames = 2_000

  /// The time in which control frames are counted.
  private static let controlFrameWindow = TimeAmount.milliseconds(50)

  /// SwiftNIO's configuration of the lifetime of an HTTP/2 connection.
  var http2ManagementConfiguration: NIOHTTP2ServerConnectionManagementHandler.Configuration {
    var configuration = NIOHTTP2ServerConnectionManagementHandler.Configuration.defaults
    configuration.maxIdleTime = self.connections.idleTimeout.map { TimeAmount($0) }
    configuration.maxGraceTime = TimeAmount(self.closingPeriod)
    configuration.keepalive = self.http2.keepAliveInterval.map { interval in
      .init(
        pingInterval: TimeAmount(interval),
        ackTimeout: TimeAmount(self.http2.keepAliveTimeout)
      )
    }
    return configuration
  }
}
#endif
