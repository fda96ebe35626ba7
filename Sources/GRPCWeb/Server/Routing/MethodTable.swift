internal import GRPCCore

/// The paths of the registered methods.
@available(GRPCWeb 1.0, *)
struct MethodTable: Sendable {
  private var methods: [BytewiseString: MethodDescriptor] = [:]

  init(_ methods: [MethodDescriptor]) {
    for method in methods {
      self.methods[BytewiseString("/\(method.fullyQualifiedMethod)")] = method
    }
  }

  /// The paths, in no order.
  var paths: [String] {
    self.methods.values.map { "/\($0.fullyQualifiedMethod)" }
  }

  /// Returns the method registered for a path, which is compared by its bytes and without its query.
  func method(forPath path: String) -> MethodDescriptor? {
    if let method = self.methods[BytewiseString(path)] {
      return method
    }
    let pathWithoutQuery = path.prefix(beforeByte: UInt8(ascii: "?"))
    guard pathWithoutQuery.endIndex != path.endIndex else { return nil }
    return self.methods[BytewiseString(String(pathWithoutQuery))]
  }

  /// Returns the method that a path names, registered or not, or `nil` if the path doesn't have the form
  /// of a method's.
  static func descriptor(forPath path: String) -> MethodDescriptor? {
    let parts = path.prefix(beforeByte: UInt8(ascii: "?")).utf8
      .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    guard parts.count == 3, parts[0].isEmpty, !parts[1].isEmpty, !parts[2].isEmpty else {
      return nil
    }
    return MethodDescriptor(fullyQualifiedService: parts[1], method: parts[2])
  }
}
