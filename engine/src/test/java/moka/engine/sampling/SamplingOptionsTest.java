package moka.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import moka.engine.sampling.SamplingOptions.Dry;
import moka.engine.sampling.SamplingOptions.Mirostat;
import moka.engine.sampling.SamplingOptions.Penalties;
import moka.engine.sampling.SamplingOptions.Xtc;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue.ArrayValue;
import moka.gguf.MetadataValue.FloatValue;
import moka.gguf.MetadataValue.IntegerValue;
import moka.gguf.MetadataValue.StringValue;
import moka.gguf.MetadataValue;
import moka.testing.SharedData;
import org.junit.jupiter.api.Test;

class SamplingOptionsTest {
    @Test
    void defaultsAreThoseOfTheReference() throws IOException {
        JsonObject reference = JsonParser.parseString(Files.readString(SharedData.require("own/samplers/defaults.json")))
                .getAsJsonObject();
        SamplingOptions options = SamplingOptions.DEFAULT;
        StringBuilder letters = new StringBuilder();
        options.order().forEach(step -> letters.append(step.letter()));
        assertEquals(reference.get("letters").getAsString(), letters.toString());
        assertEquals(
                reference.getAsJsonArray("cli_names").asList().stream().map(e -> e.getAsString()).toList(),
                options.order().stream().map(SamplerStep::title).toList());
        assertEquals(reference.get("temp").getAsFloat(), options.temperature());
        assertEquals(reference.get("top_k").getAsInt(), options.topK());
        assertEquals(reference.get("top_p").getAsFloat(), options.topP());
        assertEquals(reference.get("min_p").getAsFloat(), options.minP());
        assertEquals(reference.get("typical_p").getAsFloat(), options.typicalP());
        assertEquals(reference.get("top_n_sigma").getAsFloat(), options.topNSigma());
        assertEquals(reference.get("min_keep").getAsInt(), options.minKeep());
        assertEquals(
                new Xtc(reference.get("xtc_probability").getAsFloat(), reference.get("xtc_threshold").getAsFloat()),
                options.xtc());
        assertEquals(reference.get("dynatemp_range").getAsFloat(), options.dynamicTemperature().range());
        assertEquals(reference.get("dynatemp_exponent").getAsFloat(), options.dynamicTemperature().exponent());
        assertEquals(
                new Penalties(
                        reference.get("repeat_last_n").getAsInt(),
                        reference.get("repeat_penalty").getAsFloat(),
                        reference.get("frequency_penalty").getAsFloat(),
                        reference.get("presence_penalty").getAsFloat()),
                options.penalties());
        assertEquals(
                new Dry(
                        reference.get("dry_multiplier").getAsFloat(),
                        reference.get("dry_base").getAsFloat(),
                        reference.get("dry_allowed_length").getAsInt(),
                        reference.get("dry_penalty_last_n").getAsInt(),
                        reference.getAsJsonArray("dry_sequence_breakers").asList().stream()
                                .map(e -> e.getAsString())
                                .toList()),
                options.dry());
        assertEquals(
                new Mirostat(
                        reference.get("mirostat").getAsInt(),
                        reference.get("mirostat_tau").getAsFloat(),
                        reference.get("mirostat_eta").getAsFloat()),
                options.mirostat());
    }

    @Test
    void aFileOverridesOnlyWhatItSays() {
        SamplingOptions options = SamplingOptions.fromMetadata(
                new MapMetadata(Map.of(
                        "general.sampling.temp", new FloatValue(6, 1.0),
                        "general.sampling.top_k", new IntegerValue(5, 20),
                        "general.sampling.penalty_repeat", new FloatValue(6, 1.5),
                        "general.sampling.xtc_threshold", new FloatValue(6, 0.25),
                        "general.sampling.mirostat", new IntegerValue(5, 2),
                        "general.sampling.sequence", new StringValue("top_k;unheard_of;temperature"))),
                SamplingOptions.DEFAULT.withSeed(4));
        SamplingOptions expected = SamplingOptions.DEFAULT
                .withSeed(4)
                .withTemperature(1)
                .withTopK(20)
                .withPenalties(new Penalties(64, 1.5f, 0, 0))
                .withXtc(new Xtc(0, 0.25f))
                .withMirostat(new Mirostat(2, 5, 0.1f))
                .withOrder(List.of(SamplerStep.TOP_K, SamplerStep.TEMPERATURE));
        assertEquals(expected, options);
    }

    @Test
    void anEmptyFileChangesNothing() {
        assertEquals(SamplingOptions.DEFAULT, SamplingOptions.fromMetadata(new MapMetadata(Map.of()), SamplingOptions.DEFAULT));
    }

    @Test
    void refusesWhatIsNoNumber() {
        var infinite = assertThrows(
                IllegalArgumentException.class, () -> SamplingOptions.DEFAULT.withTemperature(Float.POSITIVE_INFINITY));
        assertEquals("temperature: found Infinity, expected a finite number", infinite.getMessage());
        assertThrows(IllegalArgumentException.class, () -> SamplingOptions.DEFAULT.withTopP(Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> new Penalties(-2, 1, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Mirostat(3, 5, 0.1f));
        assertThrows(IllegalArgumentException.class, () -> SamplingOptions.DEFAULT.withLogitBias(Map.of(-1, 1f)));
    }

    @Test
    void ordersAreReadFromNamesAndLetters() {
        assertEquals(SamplerStep.DEFAULT_ORDER, SamplerStep.parseOrder("edskypmxt"));
        assertEquals(List.of(SamplerStep.TOP_K, SamplerStep.TEMPERATURE), SamplerStep.parseOrder("top-k;temp"));
        assertEquals(List.of(SamplerStep.MIN_P), SamplerStep.parseOrder("Min_P"));
        assertEquals(List.of(), SamplerStep.parseOrder(""));
        var unknown = assertThrows(IllegalArgumentException.class, () -> SamplerStep.parseOrder("top_k;top_q"));
        assertEquals(
                "samplers 'top_k;top_q': unknown sampler 'top_q', expected names such as"
                        + " penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature or letters of edskypmxt",
                unknown.getMessage());
    }

    private record MapMetadata(Map<String, MetadataValue> values) implements Metadata {
        @Override
        public String source() {
            return "test";
        }

        @Override
        public boolean contains(String key) {
            return values.containsKey(key);
        }

        @Override
        public Optional<String> string(String key) {
            return values.get(key) instanceof StringValue(String value) ? Optional.of(value) : Optional.empty();
        }

        @Override
        public OptionalLong integer(String key) {
            return values.get(key) instanceof IntegerValue(int type, long value)
                    ? OptionalLong.of(value)
                    : OptionalLong.empty();
        }

        @Override
        public OptionalDouble number(String key) {
            return values.get(key) instanceof FloatValue(int type, double value)
                    ? OptionalDouble.of(value)
                    : OptionalDouble.empty();
        }

        @Override
        public Optional<Boolean> bool(String key) {
            return Optional.empty();
        }

        @Override
        public Optional<ArrayValue> array(String key) {
            return Optional.empty();
        }

        @Override
        public String requireString(String key) {
            return string(key).orElseThrow();
        }

        @Override
        public long requireInteger(String key) {
            return integer(key).orElseThrow();
        }

        @Override
        public double requireNumber(String key) {
            return number(key).orElseThrow();
        }

        @Override
        public ArrayValue requireArray(String key) {
            return array(key).orElseThrow();
        }
    }
}
