// So that code which configures observers needs no further import for that.
@_exported public import GRPCWeb
