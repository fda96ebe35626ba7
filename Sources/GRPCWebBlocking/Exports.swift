// So that code which configures a client needs no further import for that.
@_exported public import GRPCWeb
