"""The services that `luthier up` keeps: what each is, whether it is well, and what happens when it is not."""
