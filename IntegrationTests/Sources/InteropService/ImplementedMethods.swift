public import GRPCCore

/// All methods of the test service but `UnimplementedCall`, which no server has.
public struct ImplementedMethods: RegistrableRPCService {
  /// Creates the service.
  public init() {}

  /// Registers the methods.
  public func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    TestService().registerMethods(with: &router)
    let method = Grpc_Testing_TestService.Method.UnimplementedCall.descriptor
    _ = router.removeHandler(forMethod: method)
  }
}
