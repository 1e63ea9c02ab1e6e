package moka.engine.kernel.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import moka.engine.kernel.Activations;
import moka.engine.kernel.ExpertGroups;
import moka.engine.kernel.Matrix;
import moka.engine.kernel.Projection;
import moka.engine.kernel.Projection.Input;
import moka.engine.kernel.machine.WeightKernels.InputForm;
import moka.engine.runtime.WorkerTeam;
import org.jspecify.annotations.Nullable;

/**
 * What comes before a product: norms and gates of the rows, then their rounding to the forms that the product's matrices take. Rows are
 * spread over the team; a single row is done by the caller, which takes about as long as starting a region.
 */
final class InputStage {
    /** Rows of a chunk of work. */
    private static final int ROWS_OF_CHUNK = 4;

    private final WorkerTeam team;
    private final RowRoutines routines;
    private final PanelMemory memory;
    private final MemorySegment normParameters;
    private MemorySegment floats = MemorySegment.NULL;
    private MemorySegment bytes = MemorySegment.NULL;
    private MemorySegment bfloats = MemorySegment.NULL;

    private int columns;
    private long floatStride;
    private long byteStride;
    private long bfloatStride;
    private Input input;
    private int rowCount;
    private boolean wantsBytes;
    private boolean wantsFloats;
    private boolean wantsBfloats;
    /** Whether a single row of floats is multiplied where it lies. */
    private boolean inPlace;

    private @Nullable ExpertGroups groups;
    private final WorkerTeam.Region region = this::runChunk;

    InputStage(WorkerTeam team, RowRoutines routines, PanelMemory memory) {
        this.team = team;
        this.routines = routines;
        this.memory = memory;
        normParameters = memory.segment(64);
        input = new Input.Plain(new Activations(MemorySegment.NULL, 0, 0, 0));
    }

    static Activations rows(Input input) {
        return switch (input) {
            case Input.Plain plain -> plain.rows();
            case Input.RmsNormed normed -> normed.rows();
            case Input.Gated gated -> gated.gate();
        };
    }

    /** Begins with another input: {@link #want} tells the forms to make, {@link #make} makes them. */
    void begin(Input input) {
        this.input = input;
        columns = rows(input).columns();
        wantsBytes = false;
        wantsFloats = false;
        wantsBfloats = false;
    }

    /** The form that a matrix takes will be made. */
    void want(Matrix matrix) {
        switch (((PanelMatrix) matrix).kernels().inputForm()) {
            case BYTES -> wantsBytes = true;
            case FLOATS -> wantsFloats = true;
            case BFLOATS -> wantsBfloats = true;
        }
    }

    void make(int rowCount) {
        make(rowCount, rowCount, null);
    }

    /** Makes the rows of tokens, each at all the places that the groups have for it. */
    void makePlaced(ExpertGroups groups) {
        make(groups.rowCount() / groups.used(), groups.rowCount(), groups);
    }

    private void make(int rowCount, int placeCount, @Nullable ExpertGroups groups) {
        this.rowCount = rowCount;
        this.groups = groups;
        inPlace = input instanceof Input.Plain && rowCount == 1 && placeCount == 1 && columns % 16 == 0;
        writeNorm(normParameters);
        reserve(placeCount);
        int chunks = (rowCount + ROWS_OF_CHUNK - 1) / ROWS_OF_CHUNK;
        team.run(chunks, region);
    }

    private void writeNorm(MemorySegment parameters) {
        if (input instanceof Input.RmsNormed normed) {
            parameters.set(ValueLayout.JAVA_FLOAT, 0, normed.epsilon());
            parameters.set(ValueLayout.JAVA_FLOAT, 4, 1f / columns);
        }
    }

    private void reserve(int rowCount) {
        // Rows of floats are padded with zeros to whole vectors, and are some lines apart from a multiple of 4096 bytes.
        floatStride = 4L * ((columns + 15) & -16) + 64;
        byteStride = ActivationRow.bytes(columns & -ActivationRow.UNIT);
        bfloatStride = 2L * ((columns + 31) & -32) + 64;
        floats = grown(floats, floatStride * rowCount);
        if (wantsBytes) {
            bytes = grown(bytes, byteStride * rowCount);
        }
        if (wantsBfloats) {
            bfloats = grown(bfloats, bfloatStride * rowCount);
        }
    }

    private MemorySegment grown(MemorySegment segment, long size) {
        return segment.byteSize() >= size ? segment : memory.segment(size + size / 4);
    }

    private void runChunk(int chunk, int worker) {
        int end = Math.min(rowCount, (chunk + 1) * ROWS_OF_CHUNK);
        for (int row = chunk * ROWS_OF_CHUNK; row < end; row++) {
            ExpertGroups placed = groups;
            if (placed == null) {
                run(routines, normParameters, row, row);
            } else {
                int place = placed.place(row, 0);
                run(routines, normParameters, row, place);
                for (int k = 1; k < placed.used(); k++) {
                    copy(place, placed.place(row, k));
                }
            }
        }
    }

    private void copy(int place, int target) {
        if (wantsFloats) {
            MemorySegment.copy(floats, place * floatStride, floats, target * floatStride, floatStride);
        }
        if (wantsBytes) {
            MemorySegment.copy(bytes, place * byteStride, bytes, target * byteStride, byteStride);
        }
        if (wantsBfloats) {
            MemorySegment.copy(bfloats, place * bfloatStride, bfloats, target * bfloatStride, bfloatStride);
        }
    }

    /**
     * Adds the calls that make a single row to a list, once {@link #make} has made one.
     *
     * @param parameters 64 bytes for the list alone
     * @return false if calls are not enough: zeros are to be written behind the row
     */
    boolean record(CallList calls, MemorySegment parameters) {
        if (columns % 16 != 0) {
            return false;
        }
        writeNorm(parameters);
        run(routines.into(calls), parameters, 0, 0);
        return true;
    }

    /** @param place where the row is made */
    private void run(RowRoutines routines, MemorySegment normParameters, int row, int place) {
        long values = floats.address() + place * floatStride;
        switch (input) {
            case Input.Plain(Activations rows) -> {
                if (!inPlace && (wantsFloats || wantsBfloats)) {
                    copyRow(rows, row, place);
                } else {
                    values = rows.address(row);
                }
            }
            case Input.RmsNormed(Activations rows, MemorySegment weight, float epsilon) ->
                routines.rmsNorm(rows.address(row), weight.address(), columns, normParameters.address(), values);
            case Input.Gated(Activations gate, Activations up, Projection.GateFunction function) ->
                routines.gate(function, gate.address(row), up.address(row), columns, values);
        }
        if (wantsFloats || wantsBfloats) {
            padWithZeros(place * floatStride + 4L * columns, (place + 1) * floatStride - 64);
        }
        if (wantsBytes) {
            routines.quantize(values, columns, bytes.address() + place * byteStride);
        }
        if (wantsBfloats) {
            routines.toBfloat16(values, (columns + 15) & -16, bfloats.address() + place * bfloatStride);
        }
    }

    private void copyRow(Activations rows, int row, int place) {
        MemorySegment.copy(rows.segment(), rows.offset(row), floats, place * floatStride, 4L * columns);
    }

    private void padWithZeros(long from, long end) {
        for (long at = from; at < end; at += 4) {
            floats.set(ValueLayout.JAVA_FLOAT, at, 0f);
        }
    }

    /** Address of the first row in a form. */
    long address(InputForm form) {
        return switch (form) {
            case BYTES -> bytes.address();
            case FLOATS -> inPlace ? rows(input).address(0) : floats.address();
            case BFLOATS -> bfloats.address();
        };
    }

    long stride(InputForm form) {
        return switch (form) {
            case BYTES -> byteStride;
            case FLOATS -> floatStride;
            case BFLOATS -> bfloatStride;
        };
    }
}
