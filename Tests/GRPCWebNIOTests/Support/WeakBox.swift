import Synchronization

/// Watches an object without keeping it.
@available(GRPCWeb 1.0, *)
final class WeakBox<Object: AnyObject>: Sendable {
  private struct Reference: @unchecked Sendable {
    // The mutex guards the reference; a test asks only whether the object exists.
    weak var object: Object?
  }

  private let reference = Mutex(Reference())

  var object: Object? {
    get { self.reference.withLock { $0 }.object }
    set {
      let reference = Reference(object: newValue)
      self.reference.withLock { $0 = reference }
    }
  }
}
