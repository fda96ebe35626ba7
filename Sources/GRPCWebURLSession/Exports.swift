// So that code which configures a client, blocking or not, needs no further import for that.
@_exported public import GRPCWeb
@_exported public import GRPCWebBlocking
