import Bytes
import Glibc

/// The functions of libhdf5 that reading needs, version 1.10 or later.
///
/// Source: the HDF5 reference manual; identifiers have 64 bits since 1.10.
struct HDF5Library: Sendable {
  typealias Identifier = Int64
  typealias Close = @convention(c) (Identifier) -> Int32
  typealias OpenNamed = @convention(c) (Identifier, UnsafePointer<CChar>, Identifier) -> Identifier
  typealias Get = @convention(c) (Identifier) -> Identifier
  typealias GetCode = @convention(c) (Identifier) -> Int32
  typealias GetSize = @convention(c) (Identifier) -> Int
  typealias Lists =
    @convention(c) (Identifier, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?)
    -> Int32
  typealias Exists = @convention(c) (Identifier, UnsafePointer<CChar>, Identifier) -> Int32

  let openFile: @convention(c) (UnsafePointer<CChar>, UInt32, Identifier) -> Identifier
  let closeFile: Close
  let openDataset: OpenNamed
  let closeDataset: Close
  let linkExists: Exists
  let datasetType: Get
  let datasetSpace: Get
  let datasetPlan: Get
  let typeClass: GetCode
  let typeSize: GetSize
  let typeOrder: GetCode
  let typeSign: GetCode
  let memberCount: GetCode
  let memberName: @convention(c) (Identifier, UInt32) -> UnsafeMutablePointer<CChar>?
  let memberOffset: @convention(c) (Identifier, UInt32) -> Int
  let memberType: @convention(c) (Identifier, UInt32) -> Identifier
  let isVariableText: GetCode
  let closeType: Close
  let freeMemory: @convention(c) (UnsafeMutableRawPointer?) -> Int32
  let dimensionCount: GetCode
  let dimensions: Lists
  let makeSpace: @convention(c) (Int32, UnsafeRawPointer, UnsafeRawPointer?) -> Identifier
  let select:
    @convention(c) (
      Identifier, Int32, UnsafeRawPointer, UnsafeRawPointer?, UnsafeRawPointer, UnsafeRawPointer?
    ) -> Int32
  let closeSpace: Close
  let layout: GetCode
  let chunk: @convention(c) (Identifier, Int32, UnsafeMutableRawPointer) -> Int32
  let filterCount: GetCode
  let filter:
    @convention(c) (
      Identifier, UInt32, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<Int>,
      UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<UInt32>
    ) -> Int32
  let closePlan: Close
  let read:
    @convention(c) (
      Identifier, Identifier, Identifier, Identifier, Identifier, UnsafeMutableRawPointer
    ) -> Int32
  let chunkSize:
    @convention(c) (Identifier, UnsafeRawPointer, UnsafeMutablePointer<UInt64>) -> Int32
  let readChunk:
    @convention(c) (
      Identifier, Identifier, UnsafeRawPointer, UnsafeMutablePointer<UInt32>,
      UnsafeMutableRawPointer
    ) -> Int32
  let attributeExists: @convention(c) (Identifier, UnsafePointer<CChar>) -> Int32
  let openAttribute: OpenNamed
  let attributeType: Get
  let readAttribute: @convention(c) (Identifier, Identifier, UnsafeMutableRawPointer) -> Int32
  let attributeSize: @convention(c) (Identifier) -> UInt64
  let closeAttribute: Close

  /// Throws `InputError` when the library is missing or too old.
  init() throws(InputError) {
    let library = try SystemLibrary(
      [
        "libhdf5.so", "libhdf5_serial.so.103", "libhdf5_serial.so.310", "libhdf5.so.103",
        "libhdf5.so.200", "libhdf5.so.310", "libhdf5_serial.so", "libhdf5_serial.so.100",
      ], purpose: "HDF5 files", package: "libhdf5-103-1")
    func get<Function>(_ name: String) throws(InputError) -> Function {
      try library.function(name, as: Function.self)
    }
    let open: @convention(c) () -> Int32 = try get("H5open")
    // No reports of its own on the terminal: errors are told here.
    let quiet: @convention(c) (Identifier, OpaquePointer?, OpaquePointer?) -> Int32 = try get(
      "H5Eset_auto2")
    guard open() >= 0, quiet(0, nil, nil) >= 0 else {
      throw InputError(at: .nowhere, "expected \(library.name) to start, found that it does not")
    }
    openFile = try get("H5Fopen")
    closeFile = try get("H5Fclose")
    openDataset = try get("H5Dopen2")
    closeDataset = try get("H5Dclose")
    linkExists = try get("H5Lexists")
    datasetType = try get("H5Dget_type")
    datasetSpace = try get("H5Dget_space")
    datasetPlan = try get("H5Dget_create_plist")
    typeClass = try get("H5Tget_class")
    typeSize = try get("H5Tget_size")
    typeOrder = try get("H5Tget_order")
    typeSign = try get("H5Tget_sign")
    memberCount = try get("H5Tget_nmembers")
    memberName = try get("H5Tget_member_name")
    memberOffset = try get("H5Tget_member_offset")
    memberType = try get("H5Tget_member_type")
    isVariableText = try get("H5Tis_variable_str")
    closeType = try get("H5Tclose")
    freeMemory = try get("H5free_memory")
    dimensionCount = try get("H5Sget_simple_extent_ndims")
    dimensions = try get("H5Sget_simple_extent_dims")
    makeSpace = try get("H5Screate_simple")
    select = try get("H5Sselect_hyperslab")
    closeSpace = try get("H5Sclose")
    layout = try get("H5Pget_layout")
    chunk = try get("H5Pget_chunk")
    filterCount = try get("H5Pget_nfilters")
    filter = try get("H5Pget_filter2")
    closePlan = try get("H5Pclose")
    read = try get("H5Dread")
    chunkSize = try get("H5Dget_chunk_storage_size")
    readChunk = try get("H5Dread_chunk")
    attributeExists = try get("H5Aexists")
    openAttribute = try get("H5Aopen")
    attributeType = try get("H5Aget_type")
    readAttribute = try get("H5Aread")
    attributeSize = try get("H5Aget_storage_size")
    closeAttribute = try get("H5Aclose")
  }
}
