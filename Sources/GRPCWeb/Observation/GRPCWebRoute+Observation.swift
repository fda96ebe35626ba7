internal import GRPCCore
internal import HTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebRoute {
  /// Tells an observer of the start of a call, or of a request that has been answered without one.
  ///
  /// - Parameters:
  ///   - observer: The observer.
  ///   - method: The method that the request names.
  ///   - isMethodRegistered: Whether it is one of the server's.
  ///   - request: What is known of the request besides its head.
  /// - Returns: What to do with the request, and in a call whom to tell of its end.
  func observed(
    by observer: any GRPCWebServerObserver,
    method: MethodDescriptor,
    isMethodRegistered: Bool,
    request: GRPCWebRequestInfo
  ) -> Self {
    var info = GRPCWebCallInfo(
      method: method,
      isMethodRegistered: isMethodRegistered,
      wireProtocol: nil,
      request: request,
      metadata: [:]
    )
    switch self {
    case .pass:
      return self
    case .respond(let response):
      var record = GRPCWebCallRecord(
        info: info,
        status: nil,
        end: response.status == .noContent ? .preflight : .badRequest,
        duration: .zero
      )
      record.httpStatus = response.status.code
      observer.requestAnswered(record)
      return self
    case .call(var head):
      info.wireProtocol = head.wireProtocol
      info.metadata = head.metadata
      head.observed = ObservedServerCall(info, observer: observer)
      return .call(head)
    }
  }
}

@available(GRPCWeb 1.0, *)
extension GRPCWebCallHead {
  /// How the request is written.
  fileprivate var wireProtocol: GRPCWebCallInfo.WireProtocol {
    switch self.requestMode {
    case .binary:
      return self.isNativeGRPC ? .grpc : .grpcWeb
    case .text:
      return .grpcWebText
    }
  }
}
