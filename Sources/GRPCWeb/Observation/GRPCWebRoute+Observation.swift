internal import GRPCCore
internal import HTTPTypes

@available(GRPCWeb 1.0, *)
extension GRPCWebRoute {
  /// Reports the start of a call, or a request that has been answered without a call, to an observer.
  ///
  /// - Parameters:
  ///   - observer: The observer.
  ///   - method: The method that the request names.
  ///   - isMethodRegistered: Whether the method is one of the server's.
  ///   - request: The properties of the request besides its head.
  /// - Returns: The same route; the head of a call carries the observed call, which gets the outcome.
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
