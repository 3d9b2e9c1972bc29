#include <knoll/data/loader/loader.h>
#include <knoll/data/loader/prefetch.h>

#include <optional>
#include <utility>

namespace knoll::data {

namespace {

// The streams of a loader's seed.
enum Stream : std::uint64_t { order_stream, augmentation_stream };

Rng epoch_rng(const LoaderOptions& options, Stream stream) { return Rng{options.seed}.fork(stream).fork(static_cast<std::uint64_t>(options.epoch)); }

}  // namespace

// One epoch under way.
class Loader::Iterator::Pass {
public:
    Pass(const Dataset& set, const LoaderOptions& options)
        : source_(set, options.sampler.order(epoch_rng(options, order_stream)), options.batch_size, options.drop_last, options.transforms,
                  epoch_rng(options, augmentation_stream)),
          next_(options.first_batch) {
        require<ValueError>(next_ <= source_.batches(), "[loader] expected a first batch in 0..", source_.batches(), ", got ", next_);
        if (options.prefetch && next_ < source_.batches()) prefetcher_.emplace(source_, next_);
        advance();
    }

    bool at_end() const { return !batch_.images.defined(); }
    const Batch& batch() const { return batch_; }

    void advance() {
        batch_ = Batch{};                                                // lets go of the memory before the next batch asks for some
        const std::int64_t b = std::exchange(next_, source_.batches());  // a failure ends the pass
        if (b == source_.batches()) return;
        batch_ = prefetcher_ ? prefetcher_->take() : make(b);
        next_ = b + 1;
    }

private:
    Batch make(std::int64_t b) const {
        Batch batch = source_.allocate(b);
        source_.fill(b, batch);
        return batch;
    }

    const BatchSource source_;
    std::int64_t next_;
    std::optional<Prefetcher> prefetcher_;
    Batch batch_;
};

Loader::Loader(const Dataset& set, LoaderOptions options) : set_(set), options_(std::move(options)) {
    require<ValueError>(options_.batch_size >= 1, "[loader] expected a batch size of at least 1, got ", options_.batch_size);
    require<ValueError>(options_.epoch >= 0 && options_.first_batch >= 0, "[loader] expected an epoch and a first batch of at least 0, got ", options_.epoch,
                        " and ", options_.first_batch);
    require<ValueError>(!options_.shuffle || !options_.sampler, "[loader] expected shuffle or a sampler, got both");
    if (!options_.sampler) options_.sampler = options_.shuffle ? shuffling_sampler(set.count()) : sequential_sampler(set.count());
}

Loader::Iterator Loader::begin() {
    auto pass = std::make_shared<Iterator::Pass>(set_, options_);
    ++options_.epoch;
    options_.first_batch = 0;
    return Iterator(std::move(pass));
}

std::int64_t Loader::batches() const { return BatchSource::count_batches(options_.sampler.draws(), options_.batch_size, options_.drop_last); }

const Batch& Loader::Iterator::operator*() const { return pass_->batch(); }

Loader::Iterator& Loader::Iterator::operator++() {
    pass_->advance();
    return *this;
}

bool Loader::Iterator::at_end() const { return pass_->at_end(); }

}  // namespace knoll::data
