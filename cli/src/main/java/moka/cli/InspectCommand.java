package moka.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import moka.cli.terminal.CommandFailure;
import moka.cli.terminal.ExitCode;
import moka.cli.terminal.Streams;
import moka.engine.tensor.TensorFormat;
import moka.engine.tensor.TensorFormats;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

@CommandLine.Command(
        description = "Shows the metadata and the tensors of a model file, or writes a tensor as float32.",
        footer = {
            "",
            "Examples:",
            "  moka inspect model.gguf",
            "  moka inspect model.gguf --json | jq .metadata",
            "  moka inspect model.gguf --dump token_embd.weight -o embedding.f32"
        })
final class InspectCommand extends Command {
    private static final int VALUE_COLUMNS = 72;

    private final Streams streams;

    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "Model file (default: the embedded model).")
    @Nullable String model;

    @Option(names = "--json", description = "As one JSON object, with every value in full.")
    boolean json;

    @Option(names = "--full", description = "Metadata values and arrays in full in the tables.")
    boolean full;

    @Option(names = "--dump", paramLabel = "TENSOR", description = "Write this tensor as little-endian float32.")
    @Nullable String dump;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Where --dump writes (- for standard output).")
    @Nullable Path output;

    InspectCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    int run() {
        try (GgufFile file = ModelSource.of(model).openFile()) {
            if (dump != null) {
                dumpTensor(file, dump);
            } else if (json) {
                InspectReport.json(file, streams.out());
            } else {
                streams.out().print(InspectReport.text(file, full ? Integer.MAX_VALUE : VALUE_COLUMNS));
            }
        }
        return ExitCode.OK;
    }

    private void dumpTensor(GgufFile file, String name) {
        if (output == null) {
            throw CommandFailure.usage("--dump " + name + " needs -o FILE (or -o - for standard output)");
        }
        GgufTensor tensor = file.tensor(name)
                .orElseThrow(() -> CommandFailure.failed(
                        file.name() + ": no tensor '" + name + "' among its " + file.tensors().size()
                                + " (moka inspect lists them)"));
        if (output.toString().equals("-")) {
            decode(tensor, (bytes, length) -> streams.out().write(bytes, length));
            return;
        }
        try (OutputStream target = new BufferedOutputStream(Files.newOutputStream(output), 1 << 16)) {
            decode(tensor, (bytes, length) -> target.write(bytes, 0, length));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        streams.note(name + ": " + tensor.type() + ", " + InspectReport.shape(tensor) + ", " + tensor.elements() + " values written to "
                + output);
    }

    private interface Sink {
        void accept(byte[] bytes, int length) throws IOException;
    }

    private static void decode(GgufTensor tensor, Sink sink) {
        TensorFormat format = TensorFormats.of(tensor.type());
        int columns = Math.toIntExact(tensor.columns());
        float[] row = new float[columns];
        byte[] bytes = new byte[Math.multiplyExact(columns, Float.BYTES)];
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long rowBytes = tensor.type().rowBytes(columns);
        try {
            for (long index = 0; index < tensor.rows(); index++) {
                format.decode(tensor.data(), index * rowBytes, columns, row, 0);
                buffer.asFloatBuffer().put(row);
                sink.accept(bytes, bytes.length);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

}
