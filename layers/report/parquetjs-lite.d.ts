declare module 'parquetjs-lite' {
  export class ParquetSchema {
    constructor(columns: Record<string, object>);
  }
  export class ParquetWriter {
    static openFile(schema: ParquetSchema, file: string): Promise<ParquetWriter>;
    appendRow(row: Record<string, unknown>): Promise<void>;
    close(): Promise<void>;
  }
}
