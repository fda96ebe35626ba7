// So that one import is enough for what a client writes.
@_exported public import GRPCWeb
