// Apps need no import besides this module.
@_exported public import GRPCWeb
