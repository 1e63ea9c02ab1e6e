package moka.quantize;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import moka.engine.runtime.WorkerTeam;
import moka.gguf.TensorType;

/** Encodes a tensor, piece by piece, the rows of a piece spread over a team. The bytes do not depend on the size of the team. */
final class TensorEncoding {
    /** Values of a chunk, the unit of parallel work. */
    private static final int CHUNK_VALUES = 1 << 17;

    /** Chunks in a piece, which is written as a whole. */
    private static final int PIECE_CHUNKS = 32;

    private final String sourceName;
    private final SourceTensor tensor;
    private final TensorType type;

    private TensorEncoding(String sourceName, SourceTensor tensor, TensorType type) {
        this.sourceName = sourceName;
        this.tensor = tensor;
        this.type = type;
    }

    /**
     * Encodes all rows.
     *
     * @param sourceName for messages
     * @param method prepared for this tensor and type
     * @param pieces receives whole rows in order; a piece is valid during the call
     * @throws QuantizeException if a value is not finite
     */
    static void run(
            String sourceName,
            SourceTensor tensor,
            TensorType type,
            RowEncoder.Factory method,
            WorkerTeam team,
            Consumer<MemorySegment> pieces) {
        new TensorEncoding(sourceName, tensor, type).run(method, team, pieces);
    }

    private void run(RowEncoder.Factory method, WorkerTeam team, Consumer<MemorySegment> pieces) {
        int columns = tensor.columns();
        int rowBytes = Math.toIntExact(type.rowBytes(columns));
        int chunkRows = (int) Math.clamp(CHUNK_VALUES / columns, 1, tensor.matrixRows());
        RowEncoder[] encoders = new RowEncoder[team.size()];
        float[][] buffers = new float[team.size()][];
        List<Chunk> chunks = chunks(chunkRows);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate((long) PIECE_CHUNKS * chunkRows * rowBytes);
            for (int first = 0; first < chunks.size(); first += PIECE_CHUNKS) {
                List<Chunk> piece = chunks.subList(first, Math.min(first + PIECE_CHUNKS, chunks.size()));
                byte[][] results = new byte[piece.size()][];
                team.run(piece.size(), (i, worker) -> {
                    if (encoders[worker] == null) {
                        encoders[worker] = method.encoder(tensor, type);
                        buffers[worker] = new float[chunkRows * columns];
                    }
                    results[i] = encode(piece.get(i), encoders[worker], buffers[worker]);
                });
                long length = 0;
                for (byte[] result : results) {
                    MemorySegment.copy(result, 0, out, ValueLayout.JAVA_BYTE, length, result.length);
                    length += result.length;
                }
                pieces.accept(out.asSlice(0, length));
            }
        }
    }

    /** Rows that are quantized together, all of one matrix. */
    private record Chunk(long firstRow, int rows) {}

    private List<Chunk> chunks(int chunkRows) {
        List<Chunk> chunks = new ArrayList<>();
        for (long matrix = 0; matrix < tensor.rows(); matrix += tensor.matrixRows()) {
            long end = matrix + tensor.matrixRows();
            for (long row = matrix; row < end; row += chunkRows) {
                chunks.add(new Chunk(row, (int) Math.min(chunkRows, end - row)));
            }
        }
        return chunks;
    }

    private byte[] encode(Chunk chunk, RowEncoder encoder, float[] buffer) {
        int columns = tensor.columns();
        tensor.read(chunk.firstRow, chunk.rows, buffer, 0);
        for (int i = 0; i < chunk.rows * columns; i++) {
            if (!Float.isFinite(buffer[i])) {
                throw new QuantizeException(sourceName + ": tensor '" + tensor.info().name() + "' has the value " + buffer[i]
                        + " in row " + (chunk.firstRow + i / columns) + ", column " + i % columns
                        + ", expected finite numbers: the file is damaged");
            }
        }
        byte[] result = new byte[chunk.rows * Math.toIntExact(encoder.type().rowBytes(columns))];
        encoder.encode(buffer, chunk.firstRow, chunk.rows, columns, result, 0);
        return result;
    }
}
