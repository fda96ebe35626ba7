public import Logging

/// Keeps what is logged.
@available(GRPCWeb 1.0, *)
public struct CapturingLogHandler: LogHandler {
  /// An entry of the log.
  public struct Entry: Sendable {
    /// The level.
    public var level: Logger.Level
    /// The text.
    public var message: String
    /// The metadata.
    public var metadata: Logger.Metadata
  }

  /// What has been logged.
  public let entries: Recorder<Entry>

  /// What every entry is logged with.
  public var metadata: Logger.Metadata = [:]
  /// The lowest level that is kept.
  public var logLevel: Logger.Level = .trace

  /// Creates a handler.
  public init(entries: Recorder<Entry> = Recorder()) {
    self.entries = entries
  }

  /// A logger that writes here.
  public var logger: Logger {
    Logger(label: "test") { _ in self }
  }

  /// Reads or changes what every entry is logged with.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { self.metadata[key] }
    set { self.metadata[key] = newValue }
  }

  /// Keeps an entry.
  public func log(event: LogEvent) {
    let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
    self.entries.append(
      Entry(level: event.level, message: "\(event.message)", metadata: metadata)
    )
  }
}
