/// The sender and receiver of a call's bytes on an event loop.
///
/// The call calls each method from any thread, outside of its lock. A method must not block.
@available(GRPCWeb 1.0, *)
package protocol ServerCallDelegate: AnyObject, Sendable {
  /// The call has output to send. Not called again until ``ServerCall/takeOutput()`` has taken it.
  func outputIsReady(of call: ServerCall)

  /// The service has read so much of what was received that there is room again.
  func hasRoom(for call: ServerCall)
}
