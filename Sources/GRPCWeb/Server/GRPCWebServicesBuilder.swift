public import GRPCCore

/// Builds the services of a server from a list of expressions.
///
/// ```swift
/// let grpcWeb = GRPCWebServer {
///   Greeter()
///   if offersOrders {
///     Orders(database: database)
///   }
/// }
/// ```
///
/// The types of the services are part of the result's type. So gRPC Swift's code for the methods of a service in the
/// app's own module is made for this very server, and takes a tenth to a fifth less time than code for any server.
@available(GRPCWeb 1.0, *)
@resultBuilder
public enum GRPCWebServicesBuilder {
  /// Begins with a service.
  @inlinable
  public static func buildPartialBlock<Service: RegistrableRPCService>(
    first: Service
  ) -> Service {
    first
  }

  /// Adds a service.
  @inlinable
  public static func buildPartialBlock<
    Services: RegistrableRPCService,
    Service: RegistrableRPCService
  >(accumulated: Services, next: Service) -> Pair<Services, Service> {
    Pair(first: accumulated, second: next)
  }

  /// Builds the services of an `if` without `else`.
  @inlinable
  public static func buildOptional<Services: RegistrableRPCService>(
    _ services: Services?
  ) -> Choice<Services, None> {
    services.map { .first($0) } ?? .second(None())
  }

  /// Builds the services of the first branch of an `if` or a `switch`.
  @inlinable
  public static func buildEither<First: RegistrableRPCService, Second: RegistrableRPCService>(
    first services: First
  ) -> Choice<First, Second> {
    .first(services)
  }

  /// Builds the services of the other branch of an `if` or a `switch`.
  @inlinable
  public static func buildEither<First: RegistrableRPCService, Second: RegistrableRPCService>(
    second services: Second
  ) -> Choice<First, Second> {
    .second(services)
  }

  /// Builds the services of a loop.
  @inlinable
  public static func buildArray<Services: RegistrableRPCService>(
    _ services: [Services]
  ) -> Many<Services> {
    Many(services: services)
  }

  /// Two services, each of which may be several.
  public struct Pair<First: RegistrableRPCService, Second: RegistrableRPCService>:
    RegistrableRPCService
  {
    @usableFromInline let first: First
    @usableFromInline let second: Second

    @inlinable
    init(first: First, second: Second) {
      self.first = first
      self.second = second
    }

    /// Registers the methods of both services.
    @inlinable
    public func registerMethods<Transport: ServerTransport>(
      with router: inout RPCRouter<Transport>
    ) {
      self.first.registerMethods(with: &router)
      self.second.registerMethods(with: &router)
    }
  }

  /// One of two services, each of which may be several.
  public enum Choice<First: RegistrableRPCService, Second: RegistrableRPCService>:
    RegistrableRPCService
  {
    /// The first.
    case first(First)
    /// The second.
    case second(Second)

    /// Registers the methods of the chosen service.
    @inlinable
    public func registerMethods<Transport: ServerTransport>(
      with router: inout RPCRouter<Transport>
    ) {
      switch self {
      case .first(let services):
        services.registerMethods(with: &router)
      case .second(let services):
        services.registerMethods(with: &router)
      }
    }
  }

  /// Services of one type.
  public struct Many<Services: RegistrableRPCService>: RegistrableRPCService {
    @usableFromInline let services: [Services]

    @inlinable
    init(services: [Services]) {
      self.services = services
    }

    /// Registers the methods of all services.
    @inlinable
    public func registerMethods<Transport: ServerTransport>(
      with router: inout RPCRouter<Transport>
    ) {
      for services in self.services {
        services.registerMethods(with: &router)
      }
    }
  }

  /// No service.
  public struct None: RegistrableRPCService {
    @inlinable
    init() {}

    /// Registers nothing.
    @inlinable
    public func registerMethods<Transport: ServerTransport>(
      with router: inout RPCRouter<Transport>
    ) {}
  }
}
