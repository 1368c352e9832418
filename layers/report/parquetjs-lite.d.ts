declare module 'parquetjs-lite' {
  class ParquetSchema {
    constructor(columns: Record<string, object>);
  }
  class ParquetWriter {
    static openFile(schema: ParquetSchema, file: string): Promise<ParquetWriter>;
    appendRow(row: Record<string, unknown>): Promise<void>;
    close(): Promise<void>;
  }
  const parquet: {
    readonly ParquetSchema: typeof ParquetSchema;
    readonly ParquetWriter: typeof ParquetWriter;
  };
  export default parquet;
}
