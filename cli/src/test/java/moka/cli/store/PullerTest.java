package moka.cli.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a server of our own, with everything that goes wrong on the way. */
@Timeout(60)
class PullerTest {
    private static final byte[] MODEL = random(300_000, 1);
    private static final Puller.Progress SILENT = (file, done, total, note) -> {};

    @TempDir
    Path folder;

    private LoopbackServer server;
    private ModelStore store;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void start() throws IOException {
        server = new LoopbackServer();
        store = new ModelStore(folder.resolve("models"));
        environment.put("HF_ENDPOINT", server.address());
        environment.put("MOKA_OLLAMA_REGISTRY", server.address() + "/");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static byte[] random(int length, int seed) {
        var bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private Puller.Pulled pull(String name) {
        return new Puller(store, environment, Duration.ofMillis(1), Duration.ofMillis(300))
                .pull(ModelName.parse(name).orElseThrow(), SILENT);
    }

    private String failure(String name) {
        return assertThrows(PullException.class, () -> pull(name)).getMessage();
    }

    /** A repository with these files, all of the same content. */
    private void repository(String sha256, long size, String... files) {
        var json = new StringBuilder("[{\"type\":\"directory\",\"path\":\"x\"},{\"type\":\"file\",\"path\":\"README.md\",\"size\":3}");
        for (String file : files) {
            json.append(",{\"type\":\"file\",\"path\":\"%s\",\"size\":%d,\"lfs\":{\"oid\":\"%s\"}}".formatted(file, size, sha256));
            server.put("/o/r-GGUF/resolve/main/" + file, MODEL);
        }
        server.put("/api/models/o/r-GGUF/tree/main", json.append("]").toString().getBytes(StandardCharsets.UTF_8));
    }

    private void goodRepository() {
        repository(sha256(MODEL), MODEL.length, "r-Q8_0.gguf", "r-Q4_K_M.gguf", "sub/r-IQ2_XS.gguf", "mmproj-r.gguf");
    }

    private void assertWhole(Puller.Pulled pulled) throws IOException {
        assertArrayEquals(MODEL, Files.readAllBytes(pulled.file()));
        try (Stream<Path> beside = Files.list(pulled.file().getParent())) {
            assertTrue(beside.noneMatch(it -> it.toString().contains(".part")));
        }
    }

    @Test
    void getsTheQuantizationThatIsAskedForOrTheUsualOne() throws IOException {
        goodRepository();
        assertEquals("r-Q4_K_M.gguf", pull("hf.co/o/r-GGUF").file().getFileName().toString());
        Puller.Pulled small = pull("hf.co/o/r-GGUF:iq2_xs");
        assertTrue(small.file().endsWith("hf.co/o/r-GGUF/sub/r-IQ2_XS.gguf"));
        assertWhole(small);
        assertWhole(pull("https://huggingface.co/o/r-GGUF/blob/main/r-Q8_0.gguf"));
        assertEquals(3, store.list().size());
        assertFalse(pull("hf.co/o/r-GGUF:Q8_0").downloaded());
        assertEquals(small.file(), store.find("hf.co/o/r-GGUF:IQ2_XS").orElseThrow());
    }

    @Test
    void saysWhatThereIsWhereNothingFits() {
        goodRepository();
        assertTrue(failure("hf.co/o/r-GGUF:Q3_K").contains("expected one of r-Q4_K_M, r-Q8_0, r-IQ2_XS"));
        assertTrue(failure("hf.co/o/other").contains("not found on 127.0.0.1"));
        repository(sha256(MODEL), MODEL.length);
        assertTrue(failure("hf.co/o/r-GGUF").contains("has no GGUF file"));
        server.put("/api/models/o/r-GGUF/tree/main", "<html>".getBytes(StandardCharsets.UTF_8));
        assertTrue(failure("hf.co/o/r-GGUF").contains("something else than a list of files"));
    }

    @Test
    void getsAllPartsOfASplitModel() throws IOException {
        repository(sha256(MODEL), MODEL.length, "q/r-Q8_0-00001-of-00002.gguf", "q/r-Q8_0-00002-of-00002.gguf");
        Puller.Pulled pulled = pull("hf.co/o/r-GGUF:Q8_0");
        assertWhole(pulled);
        assertEquals(2L * MODEL.length, store.list().getFirst().bytes());
        assertEquals(2L * MODEL.length, store.remove(pulled.file()));
        assertEquals(List.of(), store.list());
        assertFalse(Files.exists(store.root().resolve("hf.co")));
    }

    @Test
    void goesOnAfterBrokenConnections() throws IOException {
        goodRepository();
        server.breakAfter = 70_000;
        server.breaks.set(3);
        assertWhole(pull("hf.co/o/r-GGUF:Q8_0"));
        // Up to 70,000 bytes each time: the last ones of a connection that breaks may be lost.
        String asked = "/o/r-GGUF/resolve/main/r-Q8_0.gguf bytes=";
        List<Integer> offsets = server.requests.stream()
                .filter(request -> request.startsWith(asked))
                .map(request -> Integer.parseInt(request.substring(asked.length(), request.length() - 1)))
                .toList();
        assertEquals(3, offsets.size(), server.requests.toString());
        int before = 0;
        for (int offset : offsets) {
            assertTrue(offset > before && offset <= before + 70_000, offsets.toString());
            before = offset;
        }
    }

    @Test
    void goesOnWhereTheLastCommandEnded() throws IOException {
        goodRepository();
        server.breakAfter = 0;
        server.breaks.set(5);
        String message = failure("hf.co/o/r-GGUF:Q8_0");
        assertTrue(message.contains("5 times in turn; 0 bytes are kept"), message);
        server.breakAfter = 100_000;
        server.breaks.set(1);
        server.refusals.set(0);
        server.stalls = true;
        assertWhole(pull("hf.co/o/r-GGUF:Q8_0"));
        assertTrue(server.requests.getLast().endsWith("bytes=100000-"), server.requests.toString());
    }

    @Test
    void beginsAnewWhereTheServerDoesNotContinueOrTheFileIsAnother() throws IOException {
        goodRepository();
        server.ranges = false;
        server.breakAfter = 1000;
        server.breaks.set(2);
        assertWhole(pull("hf.co/o/r-GGUF:Q8_0"));
        Path part = store.root().resolve("hf.co/o/r-GGUF/r-Q4_K_M.gguf.part");
        Files.write(part, random(5000, 9));
        Files.writeString(part.resolveSibling("r-Q4_K_M.gguf.part.from"), "another");
        assertWhole(pull("hf.co/o/r-GGUF:Q4_K_M"));
    }

    @Test
    void triesAgainWhenTheServerIsBusy() throws IOException {
        goodRepository();
        Puller puller = new Puller(store, environment, Duration.ofMillis(1), Duration.ofSeconds(5));
        server.put("/file.gguf", MODEL);
        server.refusals.set(2);
        assertWhole(puller.pull(ModelName.parse(server.address() + "/file.gguf").orElseThrow(), SILENT));
    }

    @Test
    void refusesWrongChecksumsAndKeepsNothing() throws IOException {
        repository(sha256(new byte[0]), MODEL.length, "r-Q8_0.gguf");
        assertTrue(failure("hf.co/o/r-GGUF").contains("damaged on the way"));
        try (Stream<Path> left = Files.list(store.root().resolve("hf.co/o/r-GGUF"))) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void refusesWrongLengths() {
        repository(sha256(MODEL), MODEL.length - 10, "r-Q8_0.gguf");
        assertTrue(failure("hf.co/o/r-GGUF").contains("sends more than"));
        repository(sha256(MODEL), MODEL.length + 10, "r-Q8_0.gguf");
        assertTrue(failure("hf.co/o/r-GGUF").contains("times in turn"));
        assertEquals(List.of(), store.list());
    }

    @Test
    void tellsTheTokenToItsHostOnly() throws IOException {
        goodRepository();
        environment.put("HF_TOKEN", "secret");
        try (var other = new LoopbackServer()) {
            other.put("/o/r-GGUF/resolve/main/r-Q8_0.gguf", MODEL);
            server.redirectTo = other.address();
            assertWhole(pull("hf.co/o/r-GGUF:Q8_0"));
            assertEquals(List.of("null"), other.authorizations);
            assertTrue(server.authorizations.stream().allMatch("Bearer secret"::equals));
        }
        server.redirectTo = server.address() + "/x";
        assertTrue(failure("hf.co/o/r-GGUF:Q4_K_M").contains("redirects more than"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://[", "file:///etc/passwd#", "http:///nowhere", "mailto:a@b.c?"})
    void redirectionsThatLeadNowhereAreToldInOneLine(String to) {
        goodRepository();
        server.redirectTo = to;
        assertTrue(failure("hf.co/o/r-GGUF:Q4_K_M").contains("expected a web address"));
        server.put("/api/models/o/r-GGUF/tree/main", "[]".getBytes(StandardCharsets.UTF_8));
        server.link = "<" + to + ">; rel=\"next\"";
        assertTrue(failure("hf.co/o/r-GGUF:Q4_K_M").contains("expected a web address"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[", "[1]", "{}", "[{\"path\":1}]", "[{\"path\":\"a.gguf\",\"type\":[]}]", "{\"layers\":5}", "{\"layers\":[5]}",
        "[{\"path\":\"a.gguf\",\"type\":\"file\",\"size\":\"long\"}]", "[{\"path\":\"a.gguf\",\"type\":\"file\",\"lfs\":{\"oid\":{}}}]",
        "{\"layers\":[{\"digest\":null}]}", "[[[[[[[[[[", "\u0000", "null"})
    void answersOfAnyFormAreToldInOneLine(String answer) {
        server.put("/api/models/o/r-GGUF/tree/main", answer.getBytes(StandardCharsets.UTF_8));
        server.put("/v2/library/tiny/manifests/1b", answer.getBytes(StandardCharsets.UTF_8));
        assertTrue(failure("hf.co/o/r-GGUF").matches("hf.co/o/r-GGUF: (.*something else than a list of files|the repository has no GGUF file.*)"));
        assertTrue(failure("tiny:1b").contains("something else than a manifest"));
    }

    @Test
    void waitsNotForEverForAListOrAManifest() {
        server.put("/v2/library/tiny/manifests/1b", "{\"layers\":[]}".getBytes(StandardCharsets.UTF_8));
        server.breakAfter = 5;
        server.breaks.set(1);
        server.stalls = true;
        assertEquals("tiny:1b: nothing came any more", failure("tiny:1b"));
    }

    @Test
    void getsOllamasNames() throws IOException {
        String digest = "sha256:" + sha256(MODEL);
        server.put("/v2/library/tiny/manifests/1b", ("{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.license\",\"digest\":\"sha256:00\",\"size\":1},"
                        + "{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":\"" + digest + "\",\"size\":" + MODEL.length + "}]}")
                .getBytes(StandardCharsets.UTF_8));
        server.put("/v2/library/tiny/blobs/" + digest, MODEL);
        Puller.Pulled pulled = pull("tiny:1b");
        assertWhole(pulled);
        assertEquals("tiny:1b", store.list().getFirst().name());
        assertEquals(pulled.file(), store.find("tiny:1b").orElseThrow());
        assertTrue(failure("tiny:7b").contains("tiny:7b: not found"));
    }

    @Test
    void findsModelsOfOtherPrograms() throws IOException {
        Path home = folder.resolve("home");
        Path blob = home.resolve(".ollama/models/blobs/sha256-" + sha256(MODEL));
        Path manifest = home.resolve(".ollama/models/manifests/registry.ollama.ai/library/llama/1b");
        Path hub = home.resolve(".cache/huggingface/hub/models--o--r/snapshots/abc/r-Q8_0.gguf");
        Path studio = home.resolve(".lmstudio/models/p/q/q-Q4_0.gguf");
        for (Path file : List.of(blob, manifest, hub, studio)) {
            Files.createDirectories(file.getParent());
            Files.write(file, MODEL);
        }
        Files.writeString(manifest, "{\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":\"sha256:"
                + sha256(MODEL) + "\"}]}");
        Files.writeString(manifest.resolveSibling("bad"), "{");
        var others = new OtherStores(Map.of("HOME", home.toString()));
        assertEquals(3, others.list().size());
        assertEquals(blob, others.find("llama:1b").orElseThrow());
        assertEquals(hub, others.find("hf.co/o/r").orElseThrow());
        assertEquals(hub, others.find("hf.co/O/R:q8_0").orElseThrow());
        assertEquals(studio, others.find("hf.co/p/q:Q4_0").orElseThrow());
        assertTrue(others.find("hf.co/o/r:Q2_K").isEmpty());
    }

    @Test
    void namesThatLeadElsewhereAreNone() {
        for (String name : List.of("hf.co/../x", "hf.co/o/..", "hf.co/o/r/../../x.gguf", "../x", "a/b/c", "http://", "x.gguf", "hf.co/o/r:../x", "")) {
            assertTrue(ModelName.parse(name).isEmpty(), name);
        }
        Path place = store.place(ModelName.parse("http://host/../../a/..%2f/b.gguf").orElseThrow());
        assertTrue(place.startsWith(store.root().resolve("url/host")), place.toString());
    }

    @Test
    void refusesHostsThatAreNone() {
        environment.put("HF_ENDPOINT", "file:///etc");
        assertTrue(failure("hf.co/o/r").contains("HF_ENDPOINT=file:///etc, expected an address"));
        environment.put("HF_ENDPOINT", "http://127.0.0.1:1");
        assertTrue(failure("hf.co/o/r").contains("no connection"));
    }
}
