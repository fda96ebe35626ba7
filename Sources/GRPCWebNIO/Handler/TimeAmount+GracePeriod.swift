package import NIOCore

@available(GRPCWeb 1.0, *)
extension TimeAmount {
  /// When a connection is closed whose client doesn't take the response of a call, after graceful shutdown began.
  ///
  /// A second later than the calls are ended: so much time clients have to take their statuses.
  ///
  /// - Parameter gracePeriod: How long calls may go on.
  package init(afterGracePeriod gracePeriod: Duration) {
    // More than a year can't be meant, and more than 292 can't be counted.
    self = min(TimeAmount(gracePeriod), .hours(24 * 365)) + .seconds(1)
  }
}
