import ArgumentParser

/// What takes requests for the service.
enum Adapter: String, CaseIterable, ExpressibleByArgument {
  /// The middleware of a Hummingbird app.
  case middleware
  /// The channel handler, before the router of a Hummingbird app.
  case hummingbird
  /// The transport with a port of its own. Without TLS too it speaks HTTP/2, and native gRPC.
  case nio
}
