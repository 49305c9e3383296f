@cap:agent @cap:shared-eni @req:FLT-9 @fault:marathon @serial
Feature: Thousands of pods leave nothing behind
  Sandboxes come and go, eight at a time. Of each hundred one has a call killed on
  its way, one has a call made twice, and one loses its DEL: its sandbox vanishes and
  its pod is deleted. Kernel objects, descriptors, memory, files, resources and what
  the cloud holds are counted before, in between and after. One interface carries all
  of them, so that the cloud can come back to the very same state.

  Scenario: Two hundred sandboxes come and go
    Given the cloud sells type "plumbline.test.wide" with 2 interfaces of 200 addresses
    And a node "n1" with:
      | type                 | plumbline.test.wide |
      | config min_pool_size | 10                  |
      | config max_pool_size | 10                  |
    And 300 sandboxes came and went on "n1"
    And everything of "n1" is counted
    When 200 sandboxes come and go on "n1", of each hundred one killed, one doubled, one lost
    Then there is as much of everything of "n1" as before, unlike in between

  @slow
  Scenario: Ten thousand sandboxes come and go
    PLUMBLINE_MARATHON=100000 makes it longer. What is kept of so many at most, as a list of
    the last ones, is full before everything is counted.

    Given the cloud sells type "plumbline.test.wide" with 2 interfaces of 200 addresses
    And a node "n1" with:
      | type                 | plumbline.test.wide |
      | config min_pool_size | 10                  |
      | config max_pool_size | 10                  |
    And 3000 sandboxes came and went on "n1"
    And everything of "n1" is counted
    When 10000 or a wished number of sandboxes come and go on "n1", of each hundred one killed, one doubled, one lost
    Then there is as much of everything of "n1" as before, unlike in between
