import Foundation
import GRPCCore

extension Grpc_Testing_EchoStatus {
  /// Fails with this status; not at all when it is `ok`.
  func fail() throws {
    guard let code = Status.Code(rawValue: Int(self.code)) else {
      throw RPCError(code: .invalidArgument, message: "\(self.code) isn't the code of a status.")
    }
    guard let errorCode = RPCError.Code(code) else { return }
    throw RPCError(code: errorCode, message: self.message)
  }
}

extension Grpc_Testing_Payload {
  /// Makes a payload of zeros.
  ///
  /// - Throws: `invalidArgument` when there is no payload of that type or size.
  init(type: Grpc_Testing_PayloadType, size: Int32) throws {
    guard type == .compressable else {
      throw RPCError(code: .invalidArgument, message: "There are no payloads of the type \(type).")
    }
    guard (0 ... TestService.largestPayload).contains(Int(size)) else {
      throw RPCError(
        code: .invalidArgument,
        message: "A payload has 0 to \(TestService.largestPayload) bytes, not \(size)."
      )
    }
    self.init()
    self.body = Data(count: Int(size))
  }
}
