// Exported, so that an app needs one import only.
@_exported public import GRPCWeb
