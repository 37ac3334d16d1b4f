/// Everything needed to import, factorize, export and verify from Swift code: `import SEE`.
@_exported import Checkpoints
@_exported import Entanglement
@_exported import Verification
