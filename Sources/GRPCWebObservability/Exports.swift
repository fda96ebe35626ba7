// Exported, so that code which configures observers needs no further import.
@_exported public import GRPCWeb
