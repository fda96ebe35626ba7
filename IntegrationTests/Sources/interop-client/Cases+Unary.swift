import GRPCCore
import InteropService

extension Cases {
  func emptyUnary() async throws -> Outcome {
    let (service, options) = (self.service, self.options)
    let response = try await self.caller.unary {
      try await service.emptyCall(Grpc_Testing_Empty(), options: options)
    }
    try expect("the response", response, is: Grpc_Testing_Empty())
    return .passed
  }

  func largeUnary() async throws -> Outcome {
    try await self.unaryCall(.large).expectLarge()
    return .passed
  }

  func unimplementedMethod() async throws -> Outcome {
    let (service, options) = (self.service, self.options)
    try await self.expectError(.unimplemented) {
      _ = try await self.caller.unary {
        try await service.unimplementedCall(Grpc_Testing_Empty(), options: options)
      }
    }
    return .passed
  }

  func unimplementedService() async throws -> Outcome {
    let service = Grpc_Testing_UnimplementedService.Client(wrapping: self.caller.client)
    let options = self.options
    try await self.expectError(.unimplemented) {
      _ = try await self.caller.unary {
        try await service.unimplementedCall(Grpc_Testing_Empty(), options: options)
      }
    }
    return .passed
  }

  func unaryCall(
    _ request: Grpc_Testing_SimpleRequest,
    options: CallOptions? = nil
  ) async throws -> Grpc_Testing_SimpleResponse {
    let (service, options) = (self.service, options ?? self.options)
    return try await self.caller.unary {
      try await service.unaryCall(request, options: options)
    }
  }
}
