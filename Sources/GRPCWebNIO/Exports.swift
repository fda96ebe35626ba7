// So that one import is enough for what an app writes.
@_exported public import GRPCWeb
