package moka.quantize.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import moka.gguf.SafetensorsFile;
import moka.gguf.SafetensorsTensor;
import moka.quantize.QuantizeException;

/** How the weights of a checkpoint are stored: as numbers, or packed in one of the ways of {@code quantization_config}. */
interface WeightFormat {
    /**
     * A tensor by the name that it has where it is not packed.
     *
     * @param vector whether it has one dimension
     */
    record Named(String name, Matrix matrix, boolean vector) {}

    /** The tensor that this one is, or the packed one that it is the first part of; empty for the other parts of a packed tensor. */
    Optional<Named> tensor(SafetensorsTensor stored, SafetensorsFile file);

    /** All tensors of a file but those that are left out. */
    default List<Named> tensors(SafetensorsFile file, Predicate<String> leftOut) {
        List<Named> tensors = new ArrayList<>();
        file.tensors().stream().filter(it -> !leftOut.test(it.name())).forEach(it -> tensor(it, file).ifPresent(tensors::add));
        return tensors;
    }

    /** Numbers as they are. */
    static Optional<Named> plain(SafetensorsTensor stored) {
        int dimensions = stored.shape().length;
        if (dimensions < 1 || dimensions > 2) {
            throw new QuantizeException("tensor '" + stored.name() + "' has " + dimensions + " dimensions, expected 1 or 2");
        }
        return Optional.of(new Named(stored.name(), StoredMatrix.of(stored), dimensions == 1));
    }

    /** A part of a packed tensor. @throws QuantizeException if it is missing */
    static SafetensorsTensor part(SafetensorsFile file, String name) {
        return file.tensor(name).orElseThrow(() -> new QuantizeException("tensor '" + name + "' is missing, a part of a packed one"));
    }

    /**
     * The format that {@code config.json}, or the older {@code quantize_config.json} beside it, tells.
     *
     * @throws QuantizeException if it is one that is not read
     */
    static WeightFormat of(Configuration config, Optional<Map<String, Object>> quantizeConfig) {
        Configuration told = config.contains("quantization_config") || quantizeConfig.isEmpty()
                ? config.object("quantization_config")
                : Configuration.of(quantizeConfig.get());
        if (told.isEmpty()) {
            return (stored, file) -> plain(stored);
        }
        String method = told.string("quant_method").orElse(told.contains("bits") ? "gptq" : "");
        return switch (method) {
            case "gptq" -> GptqFormat.of(told);
            case "awq" -> AwqFormat.of(told);
            case "bitsandbytes" -> BitsAndBytesFormat.of(told);
            case "fp8", "fbgemm_fp8" -> Float8Format.of(told);
            case "compressed-tensors" -> Float8Format.ofCompressedTensors(told);
            default ->
                throw new QuantizeException("config.json: quantization_config.quant_method is '" + method
                        + "', expected gptq, awq, bitsandbytes, fp8, fbgemm_fp8 or compressed-tensors: other packed checkpoints are not read");
        };
    }
}
