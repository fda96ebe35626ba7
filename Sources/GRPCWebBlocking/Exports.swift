// Exported, so that code which configures a client needs no further import.
@_exported public import GRPCWeb
